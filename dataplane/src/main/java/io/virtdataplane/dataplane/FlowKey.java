package io.virtdataplane.dataplane;

/**
 * What a flow is looked for by, as the programs have it (carry.h): one word of ports, protocol,
 * family and direction, and a hash over it and the remote address.
 *
 * <pre>
 *   tuple, from its highest bit: local port (16)    remote port (16)    the local port's translation (16)    protocol (8)    0 (5)    its remote is translated, too (1)    IPv6 (1)    outward (1)
 * </pre>
 */
final class FlowKey {
    static final int LOCAL_SHIFT = 48;
    static final int REMOTE_SHIFT = 32;
    static final int BECOMES_SHIFT = 16;
    static final int PROTOCOL_SHIFT = 8;
    static final long BOTH_ENDS = 4;

    /** What is no part of the key. */
    static final long NO_KEY = 0xffffL << BECOMES_SHIFT | BOTH_ENDS;

    private static final int IPV6 = 2;

    private FlowKey() {}

    /** With no translation. */
    static long tuple(int direction, int protocol, int localPort, int remotePort, boolean ipv6) {
        return swap(localPort) << LOCAL_SHIFT
                | swap(remotePort) << REMOTE_SHIFT
                | (long) protocol << PROTOCOL_SHIFT
                | (ipv6 ? IPV6 : 0)
                | direction;
    }

    /** As it lies in a frame. */
    static long swap(int port) {
        return Short.reverseBytes((short) port) & 0xffffL;
    }

    /** Odd. */
    static long hash(long seed, long remoteHigh, long remoteLow, long tuple) {
        long h = KeyedHash.mix(seed, Long.reverseBytes(remoteLow), KeyedHash.FIRST);
        h = KeyedHash.mix(h, Long.reverseBytes(remoteHigh), KeyedHash.SECOND);
        return KeyedHash.closed(KeyedHash.mix(h, tuple, KeyedHash.THIRD));
    }
}
