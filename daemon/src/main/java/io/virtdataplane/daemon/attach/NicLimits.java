package io.virtdataplane.daemon.attach;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.RateLimits;
import io.virtdataplane.dataplane.Rate;
import io.virtdataplane.dataplane.StormRates;
import io.virtdataplane.dataplane.Vif;
import io.virtdataplane.manifest.Bandwidth;
import io.virtdataplane.manifest.MachineManifest;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How much a NIC may carry, read and checked.
 *
 * @param egress what the guest may send
 * @param ingress what it may get
 * @param storms what of a port of a bridge may go to all; empty: as it is by default
 */
public record NicLimits(Rate egress, Rate ingress, Optional<StormRates> storms) {
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
                        packets("ingress_packets", limits.getIngressPackets())),
                storms(limits));
    }

    private static Optional<StormRates> storms(RateLimits limits) {
        boolean isAsked =
                limits.hasStormBroadcast()
                        || limits.hasStormMulticast()
                        || limits.hasStormUnknownUnicast()
                        || limits.hasStormStations();
        if (!isAsked) {
            return Optional.empty();
        }
        RateLimits all =
                tell(StormRates.DEFAULT, RateLimits.newBuilder()).mergeFrom(limits).build();
        return Optional.of(
                new StormRates(
                        packets("storm_broadcast", all.getStormBroadcast()),
                        packets("storm_multicast", all.getStormMulticast()),
                        packets("storm_unknown_unicast", all.getStormUnknownUnicast()),
                        packets("storm_stations", all.getStormStations())));
    }

    private static RateLimits.Builder tell(StormRates storms, RateLimits.Builder to) {
        return to.setStormBroadcast(storms.broadcast())
                .setStormMulticast(storms.multicast())
                .setStormUnknownUnicast(storms.unknownUnicast())
                .setStormStations(storms.stations());
    }

    /** Only a port of a bridge has what goes to all. */
    void checkFor(AttachedNic nic) {
        if (storms.isPresent() && nic.isOnPodNetwork()) {
            throw new IllegalArgumentException(
                    "storm control is of a NIC on a bridge: nic=" + nic.name());
        }
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
        vif.stormRates().ifPresent(storms -> tell(storms, limits));
        return limits.build();
    }

    /** For an event: what is set, by field. */
    static String describe(RateLimits changes) {
        return changes.getAllFields().entrySet().stream()
                .map(field -> field.getKey().getName() + "=" + field.getValue())
                .collect(Collectors.joining(" "));
    }

    boolean isNone() {
        return egress.isNone() && ingress.isNone() && storms.isEmpty();
    }

    /** From the next frame on. */
    void apply(AttachedNic nic) {
        nic.worker()
                .ask(
                        on -> {
                            on.limit(nic.vif(), egress, ingress);
                            storms.ifPresent(rates -> on.limit(nic.vif(), rates));
                            return null;
                        });
    }
}
