package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * ICMP for IPv4, RFC 792. Read only after {@link #fits}. The query identifier exists in echo
 * messages only.
 */
public final class Icmp {
    public static final int HEADER = 8;
    public static final int ECHO_REPLY = 0;
    public static final int DESTINATION_UNREACHABLE = 3;
    public static final int ECHO_REQUEST = 8;
    public static final int TIME_EXCEEDED = 11;
    public static final int PARAMETER_PROBLEM = 12;
    public static final int TIMESTAMP_REQUEST = 13;
    public static final int TIMESTAMP_REPLY = 14;
    public static final int CODE_PORT_UNREACHABLE = 3;
    public static final int CODE_FRAGMENTATION_NEEDED = 4;
    private static final int TYPE = 0;
    private static final int CODE = 1;
    private static final int CHECKSUM = 2;
    private static final int IDENTIFIER = 4;

    private Icmp() {}

    public static boolean fits(int at, int end) {
        return at + HEADER <= end;
    }

    public static int type(MemorySegment b, int at) {
        return Bytes.u8(b, at + TYPE);
    }

    public static int identifier(MemorySegment b, int at) {
        return Bytes.u16(b, at + IDENTIFIER);
    }

    /** A query that a session is made for (RFC 5508 3.1). */
    public static boolean isRequest(int type) {
        return type == ECHO_REQUEST || type == TIMESTAMP_REQUEST;
    }

    public static boolean isReply(int type) {
        return type == ECHO_REPLY || type == TIMESTAMP_REPLY;
    }

    /** Errors carry the packet they are about (RFC 792; RFC 1122 3.2.2). */
    public static boolean isError(int type) {
        return type == DESTINATION_UNREACHABLE
                || type == TIME_EXCEEDED
                || type == PARAMETER_PROBLEM;
    }

    public static void rewriteIdentifier(MemorySegment b, int at, int identifier) {
        repairChecksum(b, at, Checksum.delta16(identifier(b, at), identifier));
        Bytes.put16(b, at + IDENTIFIER, identifier);
    }

    public static void rewriteType(MemorySegment b, int at, int type) {
        int before = Bytes.u16(b, at + TYPE);
        int after = type << 8 | before & 0xff;
        Bytes.put16(b, at + TYPE, after);
        repairChecksum(b, at, Checksum.delta16(before, after));
    }

    public static void repairChecksum(MemorySegment b, int at, long delta) {
        Bytes.put16(b, at + CHECKSUM, Checksum.repair(Bytes.u16(b, at + CHECKSUM), delta));
    }

    /** Over all {@code length} bytes of the message. */
    public static void checksumAnew(MemorySegment b, int at, int length) {
        Bytes.put16(b, at + CHECKSUM, 0);
        Bytes.put16(b, at + CHECKSUM, ~Checksum.fold(Checksum.sum(b, at, length)));
    }

    /** Header over {@code length} bytes whose tail stands there already. */
    public static void emit(MemorySegment b, int at, int type, int code, int rest, int length) {
        Bytes.put8(b, at + TYPE, type);
        Bytes.put8(b, at + CODE, code);
        Bytes.put32(b, at + IDENTIFIER, rest);
        checksumAnew(b, at, length);
    }
}
