package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * Follows the chain of IPv6 extension headers (RFC 8200 4) to the upper-layer protocol. The result
 * is one long, so that nothing is allocated: take it apart by the accessors.
 *
 * <pre>
 *   bits 0-7 protocol    8-31 offset of its header    32-55 offset of the fragment header, 0: none    56-57 status
 * </pre>
 *
 * ESP, "no next header" and anything unknown end the chain as a protocol of their own. Of a later
 * fragment the chain ends behind its fragment header.
 */
public final class Ipv6Chain {
    public static final int FRAGMENT_HEADER = 8;

    /** More than any stack sends; each further one is only work for us (RFC 7045, RFC 8504 5.3). */
    private static final int MAX_HEADERS = 8;

    private static final int UNIT = 8;
    private static final int SEGMENTS_LEFT = 3;
    private static final long MALFORMED = 1L << 56;
    private static final long REFUSED = 2L << 56;

    private Ipv6Chain() {}

    /** Of the packet whose fixed header is at {@code at} and whose bytes end at {@code end}. */
    public static long walk(MemorySegment b, int at, int end) {
        int next = Ipv6.nextHeader(b, at);
        int offset = at + Ipv6.HEADER;
        long fragment = 0;
        for (int i = 0; i <= MAX_HEADERS; i++) {
            if (!isExtension(next)) {
                return fragment << 32 | (long) offset << 8 | next;
            }
            if (offset + UNIT > end) {
                return MALFORMED;
            }
            if (next == Protocols.FRAGMENT) {
                if (fragment != 0) {
                    return MALFORMED;
                }
                fragment = offset;
                next = Bytes.u8(b, offset);
                offset += FRAGMENT_HEADER;
                if (fragmentOffset(b, (int) fragment) != 0) {
                    return fragment << 32 | (long) offset << 8 | next;
                }
                continue;
            }
            boolean misplaced = next == Protocols.HOP_BY_HOP && i != 0;
            boolean sourceRouted =
                    next == Protocols.ROUTING && Bytes.u8(b, offset + SEGMENTS_LEFT) != 0;
            if (misplaced || sourceRouted) {
                return REFUSED; // RFC 8200 4.1; RFC 5095
            }
            next = Bytes.u8(b, offset);
            offset += (Bytes.u8(b, offset + 1) + 1) * UNIT;
            if (offset > end) {
                return MALFORMED;
            }
        }
        return REFUSED;
    }

    private static boolean isExtension(int next) {
        return next == Protocols.HOP_BY_HOP
                || next == Protocols.ROUTING
                || next == Protocols.FRAGMENT
                || next == Protocols.DESTINATION_OPTIONS;
    }

    /** A header is truncated or contradicts itself. */
    public static boolean isMalformed(long chain) {
        return (chain & MALFORMED) != 0;
    }

    /** Well-formed, but not to be forwarded: source routes, too many headers, one out of place. */
    public static boolean isRefused(long chain) {
        return (chain & REFUSED) != 0;
    }

    public static int protocol(long chain) {
        return (int) chain & 0xff;
    }

    public static int l4(long chain) {
        return (int) (chain >>> 8) & 0xff_ffff;
    }

    /** Offset of the fragment header, or 0. */
    public static int fragment(long chain) {
        return (int) (chain >>> 32) & 0xff_ffff;
    }

    /** In bytes, of the fragment header at {@code at}. */
    public static int fragmentOffset(MemorySegment b, int at) {
        return Bytes.u16(b, at + 2) & 0xfff8;
    }

    public static boolean moreFragments(MemorySegment b, int at) {
        return (Bytes.u16(b, at + 2) & 1) != 0;
    }

    public static int identification(MemorySegment b, int at) {
        return Bytes.u32(b, at + 4);
    }
}
