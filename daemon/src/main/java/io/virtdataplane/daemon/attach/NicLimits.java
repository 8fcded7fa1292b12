package io.virtdataplane.daemon.attach;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.RateLimits;
import io.virtdataplane.dataplane.Rate;
import io.virtdataplane.dataplane.Vif;
import io.virtdataplane.manifest.Bandwidth;
import io.virtdataplane.manifest.MachineManifest;
import java.util.stream.Collectors;

/**
 * How much a NIC may carry, read and checked.
 *
 * @param egress what the guest may send
 * @param ingress what it may get
 */
public record NicLimits(Rate egress, Rate ingress) {
    /** The request's own go before the annotations of the machine. */
    static NicLimits of(AttachRequest request, MachineManifest machine) {
        return of(ofAnnotations(machine).toBuilder().mergeFrom(request.getLimits()).build());
    }

    private static RateLimits ofAnnotations(MachineManifest machine) {
        RateLimits.Builder limits = RateLimits.newBuilder();
        String egress = machine.annotation(Bandwidth.EGRESS);
        String ingress = machine.annotation(Bandwidth.INGRESS);
        if (!egress.isEmpty()) {
            limits.setEgressBandwidth(bits(Bandwidth.EGRESS, egress));
        }
        if (!ingress.isEmpty()) {
            limits.setIngressBandwidth(bits(Bandwidth.INGRESS, ingress));
        }
        return limits.build();
    }

    /** A refusal is to name the annotation. */
    private static String bits(String annotation, String text) {
        return Long.toString(Bandwidth.parse(annotation, text));
    }

    static NicLimits of(RateLimits limits) {
        return new NicLimits(
                new Rate(
                        bandwidth("egress_bandwidth", limits.getEgressBandwidth()),
                        packets("egress_packets", limits.getEgressPackets())),
                new Rate(
                        bandwidth("ingress_bandwidth", limits.getIngressBandwidth()),
                        packets("ingress_packets", limits.getIngressPackets())));
    }

    private static long bandwidth(String field, String text) {
        return text.isEmpty() ? 0 : Bandwidth.parse(field, text);
    }

    private static long packets(String field, long packets) {
        if (packets < 0) {
            throw new IllegalArgumentException(
                    field + " must not be negative: " + field + "=" + packets);
        }
        return packets;
    }

    /** Of an interface that has them; not set where it has none. */
    public static RateLimits of(Vif vif) {
        RateLimits.Builder limits = RateLimits.newBuilder();
        if (!vif.egressRate().isNone()) {
            limits.setEgressBandwidth(Bandwidth.text(vif.egressRate().bits()))
                    .setEgressPackets(vif.egressRate().packets());
        }
        if (!vif.ingressRate().isNone()) {
            limits.setIngressBandwidth(Bandwidth.text(vif.ingressRate().bits()))
                    .setIngressPackets(vif.ingressRate().packets());
        }
        return limits.build();
    }

    /** For an event: what is set, by field. */
    static String describe(RateLimits changes) {
        return changes.getAllFields().entrySet().stream()
                .map(field -> field.getKey().getName() + "=" + field.getValue())
                .collect(Collectors.joining(" "));
    }

    boolean isNone() {
        return egress.isNone() && ingress.isNone();
    }

    /** From the next frame on. */
    void apply(AttachedNic nic) {
        nic.worker()
                .ask(
                        on -> {
                            on.limit(nic.vif(), egress, ingress);
                            return null;
                        });
    }
}
