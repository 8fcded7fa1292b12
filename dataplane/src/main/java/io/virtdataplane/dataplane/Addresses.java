package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ip;

/**
 * The addresses of one family on a masquerade NIC, as {@link Ip} holds them. Translation always
 * exchanges the guest's for the pod's, so what that does to a checksum is computed once.
 *
 * @param isOn the pod has this family
 * @param outwardDelta change of a ones' complement sum when the guest's address becomes the pod's
 * @param inwardDelta the same for the way back
 */
public record Addresses(
        boolean isOn,
        long guestHigh,
        long guestLow,
        long gatewayHigh,
        long gatewayLow,
        long podHigh,
        long podLow,
        long outwardDelta,
        long inwardDelta) {
    /** The family is off. */
    public static final Addresses NONE = new Addresses(false, 0, 0, 0, 0, 0, 0, 0, 0);

    /** All in network order. */
    public static Addresses ipv4(int guest, int gateway, int pod) {
        return new Addresses(
                true,
                0,
                Ip.mapped(guest),
                0,
                Ip.mapped(gateway),
                0,
                Ip.mapped(pod),
                Checksum.delta32(guest, pod),
                Checksum.delta32(pod, guest));
    }

    /** Each as high and low long. */
    public static Addresses ipv6(long[] guest, long[] gateway, long[] pod) {
        return new Addresses(
                true,
                guest[0],
                guest[1],
                gateway[0],
                gateway[1],
                pod[0],
                pod[1],
                Checksum.delta128(guest[0], guest[1], pod[0], pod[1]),
                Checksum.delta128(pod[0], pod[1], guest[0], guest[1]));
    }

    public boolean isGuest(long high, long low) {
        return low == guestLow && high == guestHigh && isOn;
    }

    public boolean isGateway(long high, long low) {
        return low == gatewayLow && high == gatewayHigh && isOn;
    }

    public boolean isPod(long high, long low) {
        return low == podLow && high == podHigh && isOn;
    }

    public int guest4() {
        return Ip.ipv4(guestLow);
    }

    public int gateway4() {
        return Ip.ipv4(gatewayLow);
    }

    public int pod4() {
        return Ip.ipv4(podLow);
    }
}
