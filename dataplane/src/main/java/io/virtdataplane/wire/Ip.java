package io.virtdataplane.wire;

/**
 * Addresses of both families as two longs, high and low, so that tables and stages need one form
 * only. An IPv4 address is held as its IPv4-mapped IPv6 address ::ffff:a.b.c.d (RFC 4291 2.5.5.2);
 * such an address is never right in an IPv6 packet, so the two families cannot meet.
 */
public final class Ip {
    private static final long MAPPED = 0x0000_ffff_0000_0000L;
    private static final long UPPER = 0xffff_ffff_0000_0000L;

    private Ip() {}

    /** The low long of an IPv4 address; the high one is 0. */
    public static long mapped(int ipv4) {
        return MAPPED | ipv4 & 0xffff_ffffL;
    }

    public static boolean isMapped(long high, long low) {
        return high == 0 && (low & UPPER) == MAPPED;
    }

    /** Of an address that {@link #isMapped}. */
    public static int ipv4(long low) {
        return (int) low;
    }

    /** fe80::/10, RFC 4291 2.5.6. */
    public static boolean isLinkLocal6(long high) {
        return high >>> 54 == 0xfe80 >>> 6;
    }

    /** ff00::/8, RFC 4291 2.7. */
    public static boolean isMulticast6(long high) {
        return high >>> 56 == 0xff;
    }
}
