package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/** Ethernet II header, IEEE 802.3 3.1.1. Read only when the frame has {@link #HEADER} bytes. */
public final class Ethernet {
    public static final int HEADER = 14;
    public static final int IPV4 = 0x0800;
    public static final int ARP = 0x0806;
    public static final int RARP = 0x8035;
    public static final int DOT1Q = 0x8100; // IEEE 802.1Q: a tag, as its first half
    public static final int IPV6 = 0x86dd;
    public static final int DOT1AD = 0x88a8; // IEEE 802.1ad: a service provider's tag
    public static final long BROADCAST = 0xffff_ffff_ffffL;
    private static final int DST = 0;
    private static final int SRC = 6;
    private static final int TYPE = 12;
    private static final long GROUP_BIT = 0x0100_0000_0000L;

    private Ethernet() {}

    public static boolean fits(int at, int end) {
        return at + HEADER <= end;
    }

    public static long dst(MemorySegment b, int at) {
        return Bytes.u48(b, at + DST);
    }

    public static long src(MemorySegment b, int at) {
        return Bytes.u48(b, at + SRC);
    }

    public static int type(MemorySegment b, int at) {
        return Bytes.u16(b, at + TYPE);
    }

    public static void addresses(MemorySegment b, int at, long dst, long src) {
        Bytes.put48(b, at + DST, dst);
        Bytes.put48(b, at + SRC, src);
    }

    public static void type(MemorySegment b, int at, int type) {
        Bytes.put16(b, at + TYPE, type);
    }

    /** Multicast or broadcast: not an address that one station can have. */
    public static boolean isGroup(long mac) {
        return (mac & GROUP_BIT) != 0;
    }
}
