package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Reads and writes unsigned numbers in network byte order. Every access is bounds-checked by the
 * segment: a header that lies about its length can at worst raise {@link
 * IndexOutOfBoundsException}, which the worker contains.
 */
public final class Bytes {
    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private Bytes() {}

    public static int u8(MemorySegment b, int at) {
        return b.get(U8, at) & 0xff;
    }

    public static int u16(MemorySegment b, int at) {
        return b.get(U16, at) & 0xffff;
    }

    /** The 32 bits as they stand; use as {@code int}, or mask for arithmetic. */
    public static int u32(MemorySegment b, int at) {
        return b.get(U32, at);
    }

    /** 48 bits, such as a MAC address, in the low bits of a long. */
    public static long u48(MemorySegment b, int at) {
        return (b.get(U16, at) & 0xffffL) << 32 | b.get(U32, at + 2) & 0xffff_ffffL;
    }

    public static long u64(MemorySegment b, int at) {
        return b.get(U64, at);
    }

    public static void put8(MemorySegment b, int at, int value) {
        b.set(U8, at, (byte) value);
    }

    public static void put16(MemorySegment b, int at, int value) {
        b.set(U16, at, (short) value);
    }

    public static void put32(MemorySegment b, int at, int value) {
        b.set(U32, at, value);
    }

    public static void put48(MemorySegment b, int at, long value) {
        b.set(U16, at, (short) (value >>> 32));
        b.set(U32, at + 2, (int) value);
    }

    public static void put64(MemorySegment b, int at, long value) {
        b.set(U64, at, value);
    }
}
