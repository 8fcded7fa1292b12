package io.virtdataplane.cli;

import io.virtdataplane.api.RateLimits;
import picocli.CommandLine.Option;

/** How much a NIC may carry; an option that is not given leaves what is. */
final class LimitOptions {
    @Option(
            names = "--egress-bandwidth",
            paramLabel = "BITS",
            description =
                    "What the guest may send, in bit/s, for example 10M; 0: no limit (default: annotation kubernetes.io/egress-bandwidth).")
    private String egressBandwidth;

    @Option(
            names = "--ingress-bandwidth",
            paramLabel = "BITS",
            description =
                    "What the guest may get, in bit/s (default: annotation kubernetes.io/ingress-bandwidth).")
    private String ingressBandwidth;

    @Option(
            names = "--egress-packets",
            paramLabel = "N",
            description = "Packets a second that the guest may send; 0: no limit (default).")
    private Long egressPackets;

    @Option(
            names = "--ingress-packets",
            paramLabel = "N",
            description = "Packets a second that the guest may get; 0: no limit (default).")
    private Long ingressPackets;

    /** Only what was given is set. */
    RateLimits limits() {
        RateLimits.Builder limits = RateLimits.newBuilder();
        if (egressBandwidth != null) {
            limits.setEgressBandwidth(egressBandwidth);
        }
        if (ingressBandwidth != null) {
            limits.setIngressBandwidth(ingressBandwidth);
        }
        if (egressPackets != null) {
            limits.setEgressPackets(egressPackets);
        }
        if (ingressPackets != null) {
            limits.setIngressPackets(ingressPackets);
        }
        return limits.build();
    }
}
