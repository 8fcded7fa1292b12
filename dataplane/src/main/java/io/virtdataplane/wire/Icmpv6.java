package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * ICMPv6, RFC 4443, with the Neighbor Discovery types of RFC 4861. Read only after {@link #fits}.
 * Its checksum covers the pseudo-header.
 */
public final class Icmpv6 {
    public static final int HEADER = 8;
    public static final int DESTINATION_UNREACHABLE = 1;
    public static final int PACKET_TOO_BIG = 2;
    public static final int TIME_EXCEEDED = 3;
    public static final int PARAMETER_PROBLEM = 4;
    public static final int ECHO_REQUEST = 128;
    public static final int ECHO_REPLY = 129;
    public static final int ROUTER_SOLICITATION = 133;
    public static final int REDIRECT = 137;
    public static final int CODE_PORT_UNREACHABLE = 4;
    private static final int TYPE = 0;
    private static final int CODE = 1;
    private static final int CHECKSUM = 2;
    private static final int REST = 4;
    private static final int FIRST_QUERY = 128; // below are the errors (RFC 4443 2.1)

    private Icmpv6() {}

    public static boolean fits(int at, int end) {
        return at + HEADER <= end;
    }

    public static int type(MemorySegment b, int at) {
        return Bytes.u8(b, at + TYPE);
    }

    public static int code(MemorySegment b, int at) {
        return Bytes.u8(b, at + CODE);
    }

    public static int identifier(MemorySegment b, int at) {
        return Bytes.u16(b, at + REST);
    }

    public static boolean isError(int type) {
        return type < FIRST_QUERY;
    }

    /** Types 133 to 137: for the link alone, never forwarded (RFC 4861 4). */
    public static boolean isNeighborDiscovery(int type) {
        return type >= ROUTER_SOLICITATION && type <= REDIRECT;
    }

    public static void rewriteType(MemorySegment b, int at, int type) {
        int before = Bytes.u16(b, at + TYPE);
        int after = type << 8 | before & 0xff;
        Bytes.put16(b, at + TYPE, after);
        repairChecksum(b, at, Checksum.delta16(before, after));
    }

    public static int checksum(MemorySegment b, int at) {
        return Bytes.u16(b, at + CHECKSUM);
    }

    public static void checksum(MemorySegment b, int at, int checksum) {
        Bytes.put16(b, at + CHECKSUM, checksum);
    }

    public static void repairChecksum(MemorySegment b, int at, long delta) {
        checksum(b, at, Checksum.repair(checksum(b, at), delta));
    }

    /** The sum over message and pseudo-header is all ones. */
    public static boolean isIntact(MemorySegment b, int l3, int at, int length) {
        return Checksum.fold(
                        Checksum.pseudo6(b, l3, Protocols.ICMPV6, length)
                                + Checksum.sum(b, at, length))
                == 0xffff;
    }

    /**
     * Over all {@code length} bytes of the message, and the addresses of the header at {@code l3}.
     */
    public static void checksumAnew(MemorySegment b, int l3, int at, int length) {
        checksum(b, at, 0);
        checksum(
                b,
                at,
                ~Checksum.fold(
                        Checksum.pseudo6(b, l3, Protocols.ICMPV6, length)
                                + Checksum.sum(b, at, length)));
    }

    /** The first 8 bytes; the checksum is filled in by {@link #checksumAnew}. */
    public static void emit(MemorySegment b, int at, int type, int code, int rest) {
        Bytes.put8(b, at + TYPE, type);
        Bytes.put8(b, at + CODE, code);
        Bytes.put16(b, at + CHECKSUM, 0);
        Bytes.put32(b, at + REST, rest);
    }
}
