package io.virtdataplane.nat;

import io.virtdataplane.wire.Protocols;

/**
 * The classes of sessions that share a time-out, in the order in which a full table gives them up;
 * ints, for the hot path. SCTP associations count as TCP connections, protocols without states as
 * UDP.
 */
final class Lifetime {
    static final int TCP_CLOSED = 0;
    static final int TCP_TRANSITORY = 1;
    static final int ICMP = 2;
    static final int UDP = 3;
    static final int TCP_ESTABLISHED = 4;
    static final int COUNT = 5;

    private Lifetime() {}

    static int ofNew(int protocol) {
        if (protocol == Protocols.TCP || protocol == Protocols.SCTP) {
            return TCP_TRANSITORY;
        }
        return Transport.isIcmp(protocol) ? ICMP : UDP;
    }
}
