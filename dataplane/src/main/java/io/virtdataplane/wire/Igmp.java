package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * IGMP of all versions: RFC 1112 appendix I, RFC 2236 2, RFC 3376 4; and the router's advertisement
 * of RFC 4286. Read only after {@link #fits}.
 */
public final class Igmp {
    public static final int HEADER = 8;
    public static final int QUERY = 0x11;
    public static final int V1_REPORT = 0x12;
    public static final int V2_REPORT = 0x16;
    public static final int LEAVE = 0x17;
    public static final int V3_REPORT = 0x22;
    public static final int ROUTER_ADVERTISEMENT = 0x30;

    /** Where the group is written, in a query, a leave, or a report before version 3. */
    public static final int GROUP = 4;

    private static final int MAX_RESPONSE = 1;
    private static final int V3_QUERY = 12;
    private static final int QUERY_SOURCES = 10;
    private static final long TENTH_NS = 100_000_000L;
    private static final int V1_MAX_RESPONSE = 100; // RFC 2236 4: a query of version 1 says 0

    private Igmp() {}

    public static boolean fits(int at, int end) {
        return at + HEADER <= end;
    }

    /** The sum over the whole message is all ones. */
    public static boolean isIntact(MemorySegment b, int at, int end) {
        return Checksum.fold(Checksum.sum(b, at, end - at)) == 0xffff;
    }

    public static int type(MemorySegment b, int at) {
        return Bytes.u8(b, at);
    }

    /** 0 in a general query. */
    public static int group(MemorySegment b, int at) {
        return Bytes.u32(b, at + GROUP);
    }

    /** Within which time a query is to be answered, RFC 3376 4.1.1. */
    public static long maxResponseNs(MemorySegment b, int at, int end) {
        int code = Bytes.u8(b, at + MAX_RESPONSE);
        boolean isFloat = end - at >= V3_QUERY && code >= 128;
        int tenths =
                isFloat
                        ? (code & 0xf | 0x10) << (code >>> 4 & 7) + 3
                        : code == 0 ? V1_MAX_RESPONSE : code;
        return tenths * TENTH_NS;
    }

    /** A version before 3, or all of version 3's fields (RFC 3376 7.1). */
    public static boolean isQueryLength(int length) {
        return length == HEADER || length >= V3_QUERY;
    }

    /** A query for some senders of a group only. */
    public static boolean isOfSources(MemorySegment b, int at, int end) {
        return end - at >= V3_QUERY && Bytes.u16(b, at + QUERY_SOURCES) != 0;
    }
}
