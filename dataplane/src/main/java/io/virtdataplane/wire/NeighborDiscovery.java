package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * Neighbor Solicitation and Advertisement, RFC 4861 4.3 and 4.4: an ICMPv6 header whose rest is
 * flags or reserved, a target, then options. Read only after {@link #fits}.
 */
public final class NeighborDiscovery {
    public static final int ROUTER_SOLICITATION = 133;
    public static final int ROUTER_ADVERTISEMENT = 134;
    public static final int REDIRECT = 137;
    public static final int SOLICITATION = 135;
    public static final int ADVERTISEMENT = 136;
    public static final int HOP_LIMIT = 255; // RFC 4861 7.1.1: proves that no router forwarded it
    public static final int LENGTH = 24;
    public static final int WITH_LINK_LAYER = LENGTH + 8;
    public static final long NO_ADDRESS = -1;
    private static final int FLAGS = 4;
    private static final int SOLICITED = 0x4000_0000;
    private static final int TARGET = 8;
    private static final int ROUTER_OPTIONS = 8;
    private static final int OPTIONS = 24;
    private static final int SOURCE_LINK_LAYER = 1;
    private static final int TARGET_LINK_LAYER = 2;
    private static final int ROUTER_SOLICITED_OVERRIDE = 0xe000_0000;
    private static final int ROUTER_OVERRIDE = 0xa000_0000;
    private static final int OVERRIDE = 0x2000_0000;

    private NeighborDiscovery() {}

    /** Also walks the options: none may have length 0 or pass the end (RFC 4861 7.1.1). */
    public static boolean fits(MemorySegment b, int at, int end) {
        return at + LENGTH <= end && optionsFit(b, at + OPTIONS, end);
    }

    /** The same of a Router Solicitation, which has no target. */
    public static boolean fitsRouterSolicitation(MemorySegment b, int at, int end) {
        return at + Icmpv6.HEADER <= end && optionsFit(b, at + Icmpv6.HEADER, end);
    }

    private static boolean optionsFit(MemorySegment b, int from, int end) {
        int option = from;
        while (option < end) {
            if (option + 8 > end || Bytes.u8(b, option + 1) == 0) {
                return false;
            }
            option += Bytes.u8(b, option + 1) * 8;
        }
        return option == end;
    }

    public static long targetHigh(MemorySegment b, int at) {
        return Bytes.u64(b, at + TARGET);
    }

    public static long targetLow(MemorySegment b, int at) {
        return Bytes.u64(b, at + TARGET + 8);
    }

    /**
     * The link-layer address that a solicitation of either kind gives its sender, or an
     * advertisement its target; or {@link #NO_ADDRESS}. The other one's option does not belong in
     * the message and is ignored (RFC 4861 4.1, 4.3, 4.4).
     */
    public static long linkLayerAddress(MemorySegment b, int at, int end) {
        int wanted = Bytes.u8(b, at) == ADVERTISEMENT ? TARGET_LINK_LAYER : SOURCE_LINK_LAYER;
        for (int option = options(b, at); option < end; option += Bytes.u8(b, option + 1) * 8) {
            if (Bytes.u8(b, option) == wanted) {
                return Bytes.u48(b, option + 2);
            }
        }
        return NO_ADDRESS;
    }

    /** Of an advertisement: it says that it answers a solicitation. */
    public static boolean isSolicited(MemorySegment b, int at) {
        return (Bytes.u32(b, at + FLAGS) & SOLICITED) != 0;
    }

    private static int options(MemorySegment b, int at) {
        return at + (Bytes.u8(b, at) == ROUTER_SOLICITATION ? ROUTER_OPTIONS : OPTIONS);
    }

    /**
     * True where all link-layer addresses that the message (router or neighbor solicitation,
     * advertisement) gives its sender or target are this one.
     */
    public static boolean linkLayerIs(MemorySegment b, int at, int end, long mac) {
        int from = options(b, at);
        if (from > end || !optionsFit(b, from, end)) {
            return false;
        }
        for (int option = from; option < end; option += Bytes.u8(b, option + 1) * 8) {
            int type = Bytes.u8(b, option);
            if ((type == SOURCE_LINK_LAYER || type == TARGET_LINK_LAYER)
                    && Bytes.u48(b, option + 2) != mac) {
                return false;
            }
        }
        return true;
    }

    /** Message of {@link #WITH_LINK_LAYER} bytes about {@code mac}; the checksum is still to do. */
    public static void emitAdvertisement(
            MemorySegment b, int at, boolean solicited, long high, long low, long mac) {
        Icmpv6.emit(
                b, at, ADVERTISEMENT, 0, solicited ? ROUTER_SOLICITED_OVERRIDE : ROUTER_OVERRIDE);
        target(b, at, high, low, TARGET_LINK_LAYER, mac);
    }

    /** The same, unasked and of a host (RFC 4861 7.2.6). */
    public static void emitAnnouncement(MemorySegment b, int at, long high, long low, long mac) {
        Icmpv6.emit(b, at, ADVERTISEMENT, 0, OVERRIDE);
        target(b, at, high, low, TARGET_LINK_LAYER, mac);
    }

    public static void emitSolicitation(MemorySegment b, int at, long high, long low, long mac) {
        Icmpv6.emit(b, at, SOLICITATION, 0, 0);
        target(b, at, high, low, SOURCE_LINK_LAYER, mac);
    }

    private static void target(MemorySegment b, int at, long high, long low, int option, long mac) {
        Bytes.put64(b, at + TARGET, high);
        Bytes.put64(b, at + TARGET + 8, low);
        Bytes.put8(b, at + OPTIONS, option);
        Bytes.put8(b, at + OPTIONS + 1, 1);
        Bytes.put48(b, at + OPTIONS + 2, mac);
    }

    /** One of the groups that a station joins for its addresses (RFC 4291 2.7.1). */
    public static boolean isSolicitedNode(long high, long low) {
        return high == SOLICITED_NODE_HIGH && solicitedNodeLow(low) == low;
    }

    /** Low long of the solicited-node group ff02::1:ffxx:xxxx (RFC 4291 2.7.1). */
    public static long solicitedNodeLow(long low) {
        return 0x0000_0001_ff00_0000L | low & 0xff_ffffL;
    }

    public static final long SOLICITED_NODE_HIGH = 0xff02_0000_0000_0000L;

    /** The Ethernet group 33:33 and the last 32 bits (RFC 2464 7). */
    public static long multicastMac(long low) {
        return 0x3333_0000_0000L | low & 0xffff_ffffL;
    }

    /** fe80:: with the modified EUI-64 identifier of a MAC address (RFC 4291 A). */
    public static long linkLocalLow(long mac) {
        return ((mac >>> 24) ^ 0x02_0000) << 40 | 0xff_fe00_0000L | mac & 0xff_ffffL;
    }

    public static final long LINK_LOCAL_HIGH = 0xfe80_0000_0000_0000L;
}
