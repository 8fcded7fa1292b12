package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32C;

/**
 * SCTP common header, RFC 9260 3.1. Its CRC32c covers the packet and no pseudo-header: a change of
 * addresses leaves it right, a change of ports does not.
 */
public final class Sctp {
    public static final int HEADER = 12;
    public static final int INIT = 1;
    public static final int ABORT = 6;
    public static final int SHUTDOWN_COMPLETE = 14;
    private static final int CHECKSUM = 8;
    private static final int FIRST_CHUNK = 12;

    private Sctp() {}

    public static boolean fits(int at, int end) {
        return at + HEADER <= end;
    }

    /** Type of the first chunk, or -1 where there is none. */
    public static int chunk(MemorySegment b, int at, int end) {
        return at + FIRST_CHUNK < end ? Bytes.u8(b, at + FIRST_CHUNK) : -1;
    }

    /** {@code crc} is the caller's own; nothing is allocated. RFC 9260 A: sent least byte first. */
    public static void checksumAnew(MemorySegment b, int at, int end, CRC32C crc) {
        Bytes.put32(b, at + CHECKSUM, 0);
        Bytes.put32(b, at + CHECKSUM, Integer.reverseBytes(sum(b, at, end, crc)));
    }

    private static int sum(MemorySegment b, int at, int end, CRC32C crc) {
        crc.reset();
        for (int i = at; i < end; i++) {
            crc.update(Bytes.u8(b, i));
        }
        return (int) crc.getValue();
    }
}
