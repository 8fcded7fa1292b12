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

    @Option(
            names = "--storm-broadcast",
            paramLabel = "N",
            description =
                    "Storm control of a NIC on a bridge: broadcasts a second; 0: no limit (default: 1000).")
    private Long stormBroadcast;

    @Option(
            names = "--storm-multicast",
            paramLabel = "N",
            description =
                    "Frames a second to groups, where they go to all ports; 0: no limit (default: 10000).")
    private Long stormMulticast;

    @Option(
            names = "--storm-unknown-unicast",
            paramLabel = "N",
            description =
                    "Frames a second to stations that the bridge does not know; 0: no limit (default: 10000).")
    private Long stormUnknownUnicast;

    @Option(
            names = "--storm-stations",
            paramLabel = "N",
            description =
                    "Stations a second that are new behind the NIC, or move there; 0: no limit (default: 1000).")
    private Long stormStations;

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
        if (stormBroadcast != null) {
            limits.setStormBroadcast(stormBroadcast);
        }
        if (stormMulticast != null) {
            limits.setStormMulticast(stormMulticast);
        }
        if (stormUnknownUnicast != null) {
            limits.setStormUnknownUnicast(stormUnknownUnicast);
        }
        if (stormStations != null) {
            limits.setStormStations(stormStations);
        }
        return limits.build();
    }
}
