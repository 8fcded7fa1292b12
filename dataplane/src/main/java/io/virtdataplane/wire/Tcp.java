package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/** TCP header, RFC 9293 3.1. Read only after {@link #fits}. */
public final class Tcp {
    public static final int HEADER = 20;
    public static final int FIN = 0x01;
    public static final int SYN = 0x02;
    public static final int RST = 0x04;
    public static final int ACK = 0x10;
    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;
    private static final int OPTION_MSS = 2;
    private static final int SRC_PORT = 0;
    private static final int DST_PORT = 2;
    private static final int SEQUENCE = 4;
    private static final int ACKNOWLEDGMENT = 8;
    private static final int DATA_OFFSET = 12;
    private static final int FLAGS = 13;
    private static final int WINDOW = 14;
    private static final int CHECKSUM = 16;
    private static final int URGENT = 18;

    private Tcp() {}

    public static boolean fits(MemorySegment b, int at, int end) {
        return at + HEADER <= end
                && headerLength(b, at) >= HEADER
                && at + headerLength(b, at) <= end;
    }

    public static int headerLength(MemorySegment b, int at) {
        return Bytes.u8(b, at + DATA_OFFSET) >>> 4 << 2;
    }

    public static int srcPort(MemorySegment b, int at) {
        return Bytes.u16(b, at + SRC_PORT);
    }

    public static int dstPort(MemorySegment b, int at) {
        return Bytes.u16(b, at + DST_PORT);
    }

    public static int sequence(MemorySegment b, int at) {
        return Bytes.u32(b, at + SEQUENCE);
    }

    public static int acknowledgment(MemorySegment b, int at) {
        return Bytes.u32(b, at + ACKNOWLEDGMENT);
    }

    public static int flags(MemorySegment b, int at) {
        return Bytes.u8(b, at + FLAGS);
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

    public static void checksum(MemorySegment b, int at, int checksum) {
        Bytes.put16(b, at + CHECKSUM, checksum);
    }

    public static void repairChecksum(MemorySegment b, int at, long delta) {
        Bytes.put16(b, at + CHECKSUM, Checksum.repair(checksum(b, at), delta));
    }

    /**
     * Offset of the value of the maximum segment size option (RFC 9293 3.7.1), or 0 where there is
     * none or the options are not well-formed.
     */
    public static int maxSegmentSizeAt(MemorySegment b, int at) {
        int end = at + headerLength(b, at);
        int option = at + HEADER;
        while (option < end) {
            int kind = Bytes.u8(b, option);
            if (kind == OPTION_END) {
                return 0;
            }
            if (kind == OPTION_NOP) {
                option++;
                continue;
            }
            int length = option + 1 < end ? Bytes.u8(b, option + 1) : 0;
            if (length < 2 || option + length > end) {
                return 0;
            }
            if (kind == OPTION_MSS && length == 4) {
                return option + 2;
            }
            option += length;
        }
        return 0;
    }

    /** A header without options and without data; the checksum is filled in. */
    public static void emit(
            MemorySegment b,
            int at,
            int srcPort,
            int dstPort,
            int flags,
            int seq,
            int ack,
            long pseudo) {
        srcPort(b, at, srcPort);
        dstPort(b, at, dstPort);
        Bytes.put32(b, at + SEQUENCE, seq);
        Bytes.put32(b, at + ACKNOWLEDGMENT, ack);
        Bytes.put8(b, at + DATA_OFFSET, HEADER << 2);
        Bytes.put8(b, at + FLAGS, flags);
        Bytes.put16(b, at + WINDOW, 0);
        Bytes.put16(b, at + CHECKSUM, 0);
        Bytes.put16(b, at + URGENT, 0);
        Bytes.put16(b, at + CHECKSUM, ~Checksum.fold(pseudo + Checksum.sum(b, at, HEADER)));
    }
}
