package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * IPv6 header, RFC 8200 3. Read only after {@link #fits}. Addresses are two longs, high and low.
 */
public final class Ipv6 {
    public static final int HEADER = 40;
    private static final int VERSION = 0;
    private static final int PAYLOAD_LENGTH = 4;
    private static final int NEXT_HEADER = 6;
    private static final int HOP_LIMIT = 7;
    private static final int SRC = 8;
    private static final int DST = 24;

    private Ipv6() {}

    public static boolean fits(MemorySegment b, int at, int end) {
        return at + HEADER <= end
                && Bytes.u8(b, at + VERSION) >>> 4 == 6
                && at + HEADER + payloadLength(b, at) <= end;
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
}
