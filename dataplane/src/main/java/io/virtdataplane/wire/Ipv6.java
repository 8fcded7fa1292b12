package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * IPv6 header, RFC 8200 3. Read only after {@link #fits}. Addresses are two longs, high and low.
 */
public final class Ipv6 {
    public static final int HEADER = 40;

    /** Every link carries packets of this size (RFC 8200 5). */
    public static final int MINIMUM_MTU = 1280;

    private static final int VERSION = 0;
    private static final int PAYLOAD_LENGTH = 4;
    private static final int NEXT_HEADER = 6;
    private static final int HOP_LIMIT = 7;
    private static final int SRC = 8;
    private static final int DST = 24;

    private Ipv6() {}

    public static boolean fits(MemorySegment b, int at, int end) {
        return fitsQuoted(b, at, end) && at + HEADER + payloadLength(b, at) <= end;
    }

    /** The header of a packet that is quoted in part: its payload may go beyond {@code end}. */
    public static boolean fitsQuoted(MemorySegment b, int at, int end) {
        return at + HEADER <= end && Bytes.u8(b, at + VERSION) >>> 4 == 6;
    }

    public static int payloadLength(MemorySegment b, int at) {
        return Bytes.u16(b, at + PAYLOAD_LENGTH);
    }

    public static int nextHeader(MemorySegment b, int at) {
        return Bytes.u8(b, at + NEXT_HEADER);
    }

    public static int hopLimit(MemorySegment b, int at) {
        return Bytes.u8(b, at + HOP_LIMIT);
    }

    public static void hopLimit(MemorySegment b, int at, int hopLimit) {
        Bytes.put8(b, at + HOP_LIMIT, hopLimit);
    }

    public static long srcHigh(MemorySegment b, int at) {
        return Bytes.u64(b, at + SRC);
    }

    public static long srcLow(MemorySegment b, int at) {
        return Bytes.u64(b, at + SRC + 8);
    }

    public static long dstHigh(MemorySegment b, int at) {
        return Bytes.u64(b, at + DST);
    }

    public static long dstLow(MemorySegment b, int at) {
        return Bytes.u64(b, at + DST + 8);
    }

    /** No checksum of this header: what stands in upper layers is the caller's to repair. */
    public static void src(MemorySegment b, int at, long high, long low) {
        Bytes.put64(b, at + SRC, high);
        Bytes.put64(b, at + SRC + 8, low);
    }

    public static void dst(MemorySegment b, int at, long high, long low) {
        Bytes.put64(b, at + DST, high);
        Bytes.put64(b, at + DST + 8, low);
    }

    /** No sum over the addresses changes by this. */
    public static void swapAddresses(MemorySegment b, int at) {
        long high = srcHigh(b, at);
        long low = srcLow(b, at);
        src(b, at, dstHigh(b, at), dstLow(b, at));
        dst(b, at, high, low);
    }

    /** Version, payload length, next header and hop limit; addresses are set apart. */
    public static void emit(
            MemorySegment b, int at, int payloadLength, int nextHeader, int hopLimit) {
        Bytes.put32(b, at + VERSION, 6 << 28);
        Bytes.put16(b, at + PAYLOAD_LENGTH, payloadLength);
        Bytes.put8(b, at + NEXT_HEADER, nextHeader);
        Bytes.put8(b, at + HOP_LIMIT, hopLimit);
    }
}
