package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/** UDP header, RFC 768. Read only after {@link #fits}. */
public final class Udp {
    public static final int HEADER = 8;
    private static final int SRC_PORT = 0;
    private static final int DST_PORT = 2;
    private static final int LENGTH = 4;
    private static final int CHECKSUM =
            6; // 0 means none was sent; over IPv6 that is an error (RFC 8200 8.1)

    private Udp() {}

    public static boolean fits(MemorySegment b, int at, int end) {
        return at + HEADER <= end && length(b, at) >= HEADER;
    }

    public static int srcPort(MemorySegment b, int at) {
        return Bytes.u16(b, at + SRC_PORT);
    }

    public static int dstPort(MemorySegment b, int at) {
        return Bytes.u16(b, at + DST_PORT);
    }

    public static int length(MemorySegment b, int at) {
        return Bytes.u16(b, at + LENGTH);
    }

    public static int checksum(MemorySegment b, int at) {
        return Bytes.u16(b, at + CHECKSUM);
    }

    public static void srcPort(MemorySegment b, int at, int port) {
        Bytes.put16(b, at + SRC_PORT, port);
    }

    public static void dstPort(MemorySegment b, int at, int port) {
        Bytes.put16(b, at + DST_PORT, port);
    }

    /**
     * After a change that sums up to {@code delta}. A sender's "no checksum" stays; a result of 0
     * is sent as all ones.
     */
    public static void repairChecksum(MemorySegment b, int at, long delta) {
        int before = checksum(b, at);
        if (before != 0) {
            int after = Checksum.repair(before, delta);
            Bytes.put16(b, at + CHECKSUM, after == 0 ? 0xffff : after);
        }
    }

    public static void checksum(MemorySegment b, int at, int checksum) {
        Bytes.put16(b, at + CHECKSUM, checksum);
    }

    /** Header and checksum over IPv4; the payload stands behind the header already. */
    public static void emit4(
            MemorySegment b, int at, int srcPort, int dstPort, int length, int src, int dst) {
        emit(b, at, srcPort, dstPort, length, Checksum.pseudo4(src, dst, Protocols.UDP, length));
    }

    /** Header and checksum, which {@code pseudo} begins; the payload stands there already. */
    public static void emit(
            MemorySegment b, int at, int srcPort, int dstPort, int length, long pseudo) {
        srcPort(b, at, srcPort);
        dstPort(b, at, dstPort);
        Bytes.put16(b, at + LENGTH, length);
        Bytes.put16(b, at + CHECKSUM, 0);
        int checksum = ~Checksum.fold(pseudo + Checksum.sum(b, at, length)) & 0xffff;
        Bytes.put16(b, at + CHECKSUM, checksum == 0 ? 0xffff : checksum);
    }
}
