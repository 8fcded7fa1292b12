package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * Multicast Listener Discovery, ICMPv6 messages of RFC 2710 3 and RFC 3810 5; and the router's
 * advertisement of RFC 4286. Read only after {@link #fits}.
 */
public final class Mld {
    public static final int QUERY = 130;
    public static final int V1_REPORT = 131;
    public static final int DONE = 132;
    public static final int V2_REPORT = 143;
    public static final int ROUTER_ADVERTISEMENT = 151;

    /** Where the group is written, in a query, a done or a report of version 1. */
    public static final int GROUP = 8;

    private static final int MAX_RESPONSE = 4;
    private static final int V1_MESSAGE = 24;
    private static final int V2_QUERY = 28;
    private static final int QUERY_SOURCES = 26;
    private static final long MILLISECOND_NS = 1_000_000L;

    private Mld() {}

    public static boolean isType(int type) {
        return type >= QUERY && type <= DONE || type == V2_REPORT || type == ROUTER_ADVERTISEMENT;
    }

    /** Of a message that {@link Icmpv6#fits} and {@link #isType}: it is as long as it must be. */
    public static boolean fits(MemorySegment b, int at, int end) {
        boolean hasGroup = Icmpv6.type(b, at) >= QUERY && Icmpv6.type(b, at) <= DONE;
        return at + (hasGroup ? V1_MESSAGE : Icmpv6.HEADER) <= end;
    }

    /** Within which time a query is to be answered, RFC 3810 5.1.3. */
    public static long maxResponseNs(MemorySegment b, int at, int end) {
        int code = Bytes.u16(b, at + MAX_RESPONSE);
        boolean isFloat = end - at >= V2_QUERY && code >= 0x8000;
        long milliseconds = isFloat ? (code & 0xfffL | 0x1000) << (code >>> 12 & 7) + 3 : code;
        return milliseconds * MILLISECOND_NS;
    }

    /** Version 1, or all of version 2's fields (RFC 3810 8.1). */
    public static boolean isQueryLength(int length) {
        return length == V1_MESSAGE || length >= V2_QUERY;
    }

    /** A query for some senders of a group only. */
    public static boolean isOfSources(MemorySegment b, int at, int end) {
        return end - at >= V2_QUERY && Bytes.u16(b, at + QUERY_SOURCES) != 0;
    }
}
