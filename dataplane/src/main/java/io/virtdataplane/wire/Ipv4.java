package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/** IPv4 header, RFC 791 3.1. Read only after {@link #fits}. Addresses are ints in network order. */
public final class Ipv4 {
    public static final int HEADER = 20;
    private static final int VERSION_IHL = 0;
    private static final int TOTAL_LENGTH = 2;
    private static final int IDENTIFICATION = 4;
    private static final int FRAGMENT = 6;
    private static final int TTL = 8;
    private static final int PROTOCOL = 9;
    private static final int CHECKSUM = 10;
    private static final int SRC = 12;
    private static final int DST = 16;
    private static final int MORE_FRAGMENTS = 0x2000;
    private static final int DONT_FRAGMENT = 0x4000;
    private static final int OFFSET_MASK = 0x1fff;

    private Ipv4() {}

    /** True when version and lengths agree with each other and with the bytes there are. */
    public static boolean fits(MemorySegment b, int at, int end) {
        if (at + HEADER > end || Bytes.u8(b, at + VERSION_IHL) >>> 4 != 4) {
            return false;
        }
        int headerLength = headerLength(b, at);
        int totalLength = totalLength(b, at);
        return headerLength >= HEADER && totalLength >= headerLength && at + totalLength <= end;
    }

    /**
     * The header of a packet that is quoted in part: what it says of its total length may go beyond
     * {@code end}.
     */
    public static boolean fitsQuoted(MemorySegment b, int at, int end) {
        return at + HEADER <= end
                && Bytes.u8(b, at + VERSION_IHL) >>> 4 == 4
                && headerLength(b, at) >= HEADER
                && at + headerLength(b, at) <= end;
    }

    public static int headerLength(MemorySegment b, int at) {
        return (Bytes.u8(b, at + VERSION_IHL) & 0xf) << 2;
    }

    public static int totalLength(MemorySegment b, int at) {
        return Bytes.u16(b, at + TOTAL_LENGTH);
    }

    public static int ttl(MemorySegment b, int at) {
        return Bytes.u8(b, at + TTL);
    }

    public static int protocol(MemorySegment b, int at) {
        return Bytes.u8(b, at + PROTOCOL);
    }

    public static int checksum(MemorySegment b, int at) {
        return Bytes.u16(b, at + CHECKSUM);
    }

    public static int src(MemorySegment b, int at) {
        return Bytes.u32(b, at + SRC);
    }

    public static int dst(MemorySegment b, int at) {
        return Bytes.u32(b, at + DST);
    }

    /** Any fragment, the first one included. */
    public static boolean isFragment(MemorySegment b, int at) {
        return (Bytes.u16(b, at + FRAGMENT) & (MORE_FRAGMENTS | OFFSET_MASK)) != 0;
    }

    /** A fragment without the transport header. */
    public static boolean isLaterFragment(MemorySegment b, int at) {
        return (Bytes.u16(b, at + FRAGMENT) & OFFSET_MASK) != 0;
    }

    /** Where the fragment's bytes stand in the datagram. */
    public static int fragmentOffset(MemorySegment b, int at) {
        return (Bytes.u16(b, at + FRAGMENT) & OFFSET_MASK) << 3;
    }

    public static boolean moreFragments(MemorySegment b, int at) {
        return (Bytes.u16(b, at + FRAGMENT) & MORE_FRAGMENTS) != 0;
    }

    public static boolean dontFragment(MemorySegment b, int at) {
        return (Bytes.u16(b, at + FRAGMENT) & DONT_FRAGMENT) != 0;
    }

    public static int identification(MemorySegment b, int at) {
        return Bytes.u16(b, at + IDENTIFICATION);
    }

    /** The header's own checksum holds: the sum over all its words is all ones. */
    public static boolean isIntact(MemorySegment b, int at) {
        return Checksum.fold(Checksum.sum(b, at, headerLength(b, at))) == 0xffff;
    }

    public static void rewriteSrc(MemorySegment b, int at, int src) {
        repairChecksum(b, at, Checksum.delta32(src(b, at), src));
        Bytes.put32(b, at + SRC, src);
    }

    public static void rewriteDst(MemorySegment b, int at, int dst) {
        repairChecksum(b, at, Checksum.delta32(dst(b, at), dst));
        Bytes.put32(b, at + DST, dst);
    }

    /**
     * What a router with NAT does, with one repair of the checksum: new source, {@code hops} less
     * to live.
     */
    public static void forwardFrom(MemorySegment b, int at, int src, int hops) {
        forward(b, at, SRC, src, hops);
    }

    /** The same with a new destination. */
    public static void forwardTo(MemorySegment b, int at, int dst, int hops) {
        forward(b, at, DST, dst, hops);
    }

    private static void forward(MemorySegment b, int at, int field, int address, int hops) {
        int ttl = Bytes.u16(b, at + TTL);
        int after = ttl - (hops << 8);
        int before = Bytes.u32(b, at + field);
        Bytes.put16(b, at + TTL, after);
        Bytes.put32(b, at + field, address);
        repairChecksum(b, at, Checksum.delta16(ttl, after) + Checksum.delta32(before, address));
    }

    /**
     * Makes the header that of a fragment: {@code offset} in bytes, its length, and whether more
     * follow; the checksum is repaired.
     */
    public static void fragment(
            MemorySegment b, int at, int totalLength, int offset, boolean moreFragments) {
        int before = Bytes.u16(b, at + FRAGMENT);
        int after = offset >>> 3 | (moreFragments ? MORE_FRAGMENTS : 0);
        long delta = Checksum.delta16(totalLength(b, at), totalLength);
        Bytes.put16(b, at + TOTAL_LENGTH, totalLength);
        Bytes.put16(b, at + FRAGMENT, after);
        repairChecksum(b, at, delta + Checksum.delta16(before, after));
    }

    /** A header without options, not to be fragmented; the checksum is filled in. */
    public static void emit(
            MemorySegment b, int at, int totalLength, int protocol, int src, int dst) {
        Bytes.put16(b, at + VERSION_IHL, 0x4500);
        Bytes.put16(b, at + TOTAL_LENGTH, totalLength);
        Bytes.put16(b, at + IDENTIFICATION, 0);
        Bytes.put16(b, at + FRAGMENT, DONT_FRAGMENT);
        Bytes.put8(b, at + TTL, 64);
        Bytes.put8(b, at + PROTOCOL, protocol);
        Bytes.put32(b, at + SRC, src);
        Bytes.put32(b, at + DST, dst);
        checksumAnew(b, at);
    }

    public static void checksumAnew(MemorySegment b, int at) {
        Bytes.put16(b, at + CHECKSUM, 0);
        Bytes.put16(b, at + CHECKSUM, ~Checksum.fold(Checksum.sum(b, at, headerLength(b, at))));
    }

    private static void repairChecksum(MemorySegment b, int at, long delta) {
        Bytes.put16(b, at + CHECKSUM, Checksum.repair(checksum(b, at), delta));
    }
}
