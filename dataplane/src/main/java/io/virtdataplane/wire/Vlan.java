package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * IEEE 802.1Q tag, from its TPID on: 16 bits TPID, then PCP (3), DEI (1), VID (12), then the inner
 * type.
 */
public final class Vlan {
    public static final int TAG = 4;
    private static final int TCI = 2;
    private static final int INNER_TYPE = 4;

    private Vlan() {}

    /** Also says that the inner type can be read. */
    public static boolean fits(int at, int end) {
        return at + TAG + 2 <= end;
    }

    public static int vid(MemorySegment b, int at) {
        return Bytes.u16(b, at + TCI) & 0xfff;
    }

    public static int pcp(MemorySegment b, int at) {
        return Bytes.u16(b, at + TCI) >>> 13;
    }

    public static int innerType(MemorySegment b, int at) {
        return Bytes.u16(b, at + INNER_TYPE);
    }
}
