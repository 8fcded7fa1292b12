package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/** ARP for IPv4 over Ethernet, RFC 826. Read only after {@link #fits}. */
public final class Arp {
    public static final int LENGTH = 28;
    public static final int REQUEST = 1;
    public static final int REPLY = 2;
    private static final long ETHERNET_IPV4 = 0x0001_0800_0604L; // ar$hrd, ar$pro, ar$hln, ar$pln
    private static final int OP = 6;
    private static final int SHA = 8;
    private static final int SPA = 14;
    private static final int THA = 18;
    private static final int TPA = 24;

    private Arp() {}

    public static boolean fits(MemorySegment b, int at, int end) {
        return at + LENGTH <= end && Bytes.u48(b, at) == ETHERNET_IPV4;
    }

    public static int op(MemorySegment b, int at) {
        return Bytes.u16(b, at + OP);
    }

    public static long sha(MemorySegment b, int at) {
        return Bytes.u48(b, at + SHA);
    }

    public static int spa(MemorySegment b, int at) {
        return Bytes.u32(b, at + SPA);
    }

    public static int tpa(MemorySegment b, int at) {
        return Bytes.u32(b, at + TPA);
    }

    public static void emit(MemorySegment b, int at, int op, long sha, int spa, long tha, int tpa) {
        Bytes.put48(b, at, ETHERNET_IPV4);
        Bytes.put16(b, at + OP, op);
        Bytes.put48(b, at + SHA, sha);
        Bytes.put32(b, at + SPA, spa);
        Bytes.put48(b, at + THA, tha);
        Bytes.put32(b, at + TPA, tpa);
    }
}
