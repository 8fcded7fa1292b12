package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * The Internet checksum (RFC 1071) and its repair after a change (RFC 1624, equation 3: HC' = ~(~HC
 * + ~m + m')). A <em>delta</em> is the not yet folded sum ~m + m' over the changed 16-bit words;
 * deltas of several changes add up.
 */
public final class Checksum {
    private Checksum() {}

    /** Folds a 64-bit sum of 16-bit words to 16 bits. */
    public static int fold(long sum) {
        long folded = (sum & 0xffff_ffffL) + (sum >>> 32);
        folded = (folded & 0xffff) + (folded >>> 16);
        folded = (folded & 0xffff) + (folded >>> 16);
        return (int) ((folded & 0xffff) + (folded >>> 16));
    }

    public static long delta16(int before, int after) {
        return (~before & 0xffff) + (after & 0xffff);
    }

    public static long delta32(int before, int after) {
        return delta16(before >>> 16, after >>> 16) + delta16(before, after);
    }

    /** The sum of the words of an address's half, for deltas that are computed once. */
    public static long sum64(long value) {
        return (value >>> 48)
                + (value >>> 32 & 0xffff)
                + (value >>> 16 & 0xffff)
                + (value & 0xffff);
    }

    /** Of 128 bits. */
    public static long delta128(long highBefore, long lowBefore, long high, long low) {
        return sum64(~highBefore) + sum64(~lowBefore) + sum64(high) + sum64(low);
    }

    /** The checksum field's new value after changes that sum up to {@code delta}. */
    public static int repair(int checksum, long delta) {
        int sum = (~checksum & 0xffff) + (int) delta; // a few words: far below 2^31
        sum = (sum & 0xffff) + (sum >>> 16);
        return ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
    }

    /**
     * Sum of the 16-bit words of {@code length} bytes, an odd last byte padded with zero; not
     * complemented.
     */
    public static long sum(MemorySegment b, int at, int length) {
        long sum = 0;
        int end = at + length;
        int i = at;
        for (; i + 8 <= end; i += 8) {
            long word = Bytes.u64(b, i);
            sum += (word >>> 32) + (word & 0xffff_ffffL);
        }
        for (; i + 2 <= end; i += 2) {
            sum += Bytes.u16(b, i);
        }
        if (i < end) {
            sum += Bytes.u8(b, i) << 8;
        }
        return sum;
    }

    /** Sum of the IPv4 pseudo-header (RFC 793 3.1). */
    public static long pseudo4(int src, int dst, int protocol, int length) {
        return (src & 0xffff_ffffL) + (dst & 0xffff_ffffL) + protocol + length;
    }

    /**
     * Sum of the IPv6 pseudo-header (RFC 8200 8.1) with the addresses of the header at {@code l3}.
     */
    public static long pseudo6(MemorySegment b, int l3, int protocol, int length) {
        return sum64(Ipv6.srcHigh(b, l3))
                + sum64(Ipv6.srcLow(b, l3))
                + sum64(Ipv6.dstHigh(b, l3))
                + sum64(Ipv6.dstLow(b, l3))
                + protocol
                + length;
    }
}
