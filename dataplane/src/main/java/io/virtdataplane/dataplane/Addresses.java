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
            new Addresses(false, UNSPECIFIED, UNSPECIFIED, UNSPECIFIED, 0);

    private static final int IPV4_AT = 96; // bits in front of an IPv4 address

    private final boolean isOn;
    private final long guestHigh;
    private final long guestLow;
    private final long gatewayHigh;
    private final long gatewayLow;
    private final long podHigh;
    private final long podLow;
    private final long outwardDelta;
    private final long inwardDelta;
    private final long maskHigh; // of the guest's subnet
    private final long maskLow;

    private Addresses(boolean isOn, long[] guest, long[] gateway, long[] pod, int prefixLength) {
        this.isOn = isOn;
        maskHigh = mask(prefixLength);
        maskLow = mask(prefixLength - Long.SIZE);
        guestHigh = guest[0];
        guestLow = guest[1];
        gatewayHigh = gateway[0];
        gatewayLow = gateway[1];
        podHigh = pod[0];
        podLow = pod[1];
        outwardDelta = Checksum.delta128(guestHigh, guestLow, podHigh, podLow);
        inwardDelta = Checksum.delta128(podHigh, podLow, guestHigh, guestLow);
    }

    /** All in network order; {@code prefixLength} of the guest's subnet. */
    public static Addresses ipv4(int guest, int gateway, int pod, int prefixLength) {
        return new Addresses(
                true, mapped(guest), mapped(gateway), mapped(pod), IPV4_AT + prefixLength);
    }

    /** Of 64 bits, the first {@code bits}. */
    private static long mask(int bits) {
        return bits <= 0 ? 0 : -1L << Math.max(0, Long.SIZE - bits);
    }

    private static long[] mapped(int ipv4) {
        return new long[] {0, Ip.mapped(ipv4)};
    }

    /** Each as high and low long; {@code prefixLength} of the guest's subnet. */
    public static Addresses ipv6(long[] guest, long[] gateway, long[] pod, int prefixLength) {
        return new Addresses(true, guest, gateway, pod, prefixLength);
    }

    public boolean isOn() {
        return isOn;
    }

    /** Of the guest's subnet. */
    public int prefixLength() {
        int bits = Long.bitCount(maskHigh) + Long.bitCount(maskLow);
        return Ip.isMapped(guestHigh, guestLow) ? bits - IPV4_AT : bits;
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

    /** In the guest's subnet, where the guest and its gateway are the only stations. */
    public boolean isInside(long high, long low) {
        return ((high ^ guestHigh) & maskHigh | (low ^ guestLow) & maskLow) == 0 && isOn;
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
