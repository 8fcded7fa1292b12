package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ip;

/**
 * The addresses of one family on a masquerade NIC, as {@link Ip} holds them. Translation always
 * exchanges the guest's for the pod's, so what that does to a checksum is computed once.
 */
public final class Addresses {
    private static final long[] UNSPECIFIED = {0, 0};

    /** The pod does not have the family. */
    public static final Addresses NONE =
            new Addresses(false, UNSPECIFIED, UNSPECIFIED, UNSPECIFIED);

    private final boolean isOn;
    private final long guestHigh;
    private final long guestLow;
    private final long gatewayHigh;
    private final long gatewayLow;
    private final long podHigh;
    private final long podLow;
    private final long outwardDelta;
    private final long inwardDelta;

    private Addresses(boolean isOn, long[] guest, long[] gateway, long[] pod) {
        this.isOn = isOn;
        guestHigh = guest[0];
        guestLow = guest[1];
        gatewayHigh = gateway[0];
        gatewayLow = gateway[1];
        podHigh = pod[0];
        podLow = pod[1];
        outwardDelta = Checksum.delta128(guestHigh, guestLow, podHigh, podLow);
        inwardDelta = Checksum.delta128(podHigh, podLow, guestHigh, guestLow);
    }

    /** All in network order. */
    public static Addresses ipv4(int guest, int gateway, int pod) {
        return new Addresses(true, mapped(guest), mapped(gateway), mapped(pod));
    }

    private static long[] mapped(int ipv4) {
        return new long[] {0, Ip.mapped(ipv4)};
    }

    /** Each as high and low long. */
    public static Addresses ipv6(long[] guest, long[] gateway, long[] pod) {
        return new Addresses(true, guest, gateway, pod);
    }

    public boolean isOn() {
        return isOn;
    }

    public long guestHigh() {
        return guestHigh;
    }

    public long guestLow() {
        return guestLow;
    }

    public long gatewayHigh() {
        return gatewayHigh;
    }

    public long gatewayLow() {
        return gatewayLow;
    }

    public long podHigh() {
        return podHigh;
    }

    public long podLow() {
        return podLow;
    }

    /** Change of a ones' complement sum when the guest's address becomes the pod's. */
    public long outwardDelta() {
        return outwardDelta;
    }

    /** The same for the way back. */
    public long inwardDelta() {
        return inwardDelta;
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
