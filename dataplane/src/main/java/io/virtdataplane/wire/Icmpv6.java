package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * ICMPv6, RFC 4443, with the Neighbor Discovery types of RFC 4861. Read only after {@link #fits}.
 */
public final class Icmpv6 {
    public static final int PROTOCOL = 58;
    public static final int HEADER = 8;
    public static final int ECHO_REQUEST = 128;
    public static final int ECHO_REPLY = 129;
    public static final int ROUTER_SOLICITATION = 133;
    public static final int NEIGHBOR_SOLICITATION = 135;
    public static final int NEIGHBOR_ADVERTISEMENT = 136;
    private static final int TYPE = 0;
    private static final int IDENTIFIER = 4;

    private Icmpv6() {}

    public static boolean fits(int at, int end) {
        return at + HEADER <= end;
    }

    public static int type(MemorySegment b, int at) {
        return Bytes.u8(b, at + TYPE);
    }

    public static int identifier(MemorySegment b, int at) {
        return Bytes.u16(b, at + IDENTIFIER);
    }
}
