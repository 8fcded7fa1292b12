package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;

/**
 * Which outside port a new session of the guest gets. In order: the inside port's mapping (RFC 4787
 * REQ-1); the inside port's own number (REQ-3); another of the same range and parity (REQ-3 b,
 * REQ-4) that nobody is mapped to; and where all of those are taken, any that is free for this very
 * remote endpoint, so that flows to other destinations go on.
 */
final class PortChoice {
    private static final int FIRST_UNPRIVILEGED = 1024;
    private static final int ATTEMPTS = 128;
    private final Sessions sessions;
    private final OutsidePool pool;
    private final PodPorts podPorts;
    private long random;

    PortChoice(Sessions sessions, OutsidePool pool, PodPorts podPorts, long seed) {
        this.sessions = sessions;
        this.pool = pool;
        this.podPorts = podPorts;
        this.random = seed | 1;
    }

    /** The port, or {@link OutsidePool#NONE} where none is left for this remote endpoint. */
    int choose(Frame frame, boolean independent, long nowNs) {
        long before = random;
        int port = chosen(frame, independent, nowNs);
        if (frame.isDryRun()) {
            random = before; // so that the frame itself draws the same
        }
        return port;
    }

    private int chosen(Frame frame, boolean independent, long nowNs) {
        int inside = frame.localPort;
        if (!Transport.hasPorts(frame.protocol)) {
            return isFree(frame, 0, nowNs) ? 0 : OutsidePool.NONE;
        }
        boolean ipv6 = frame.isIpv6();
        int mapping = independent ? pool.mapping(ipv6, frame.protocol, inside) : OutsidePool.NONE;
        if (mapping != OutsidePool.NONE && isFree(frame, mapping, nowNs)) {
            return mapping;
        }
        boolean unowned = !independent || isUnowned(frame, inside);
        if (unowned && isFree(frame, inside, nowNs)) {
            return inside;
        }
        return another(frame, nowNs);
    }

    /** Another port for a flow of the pod's kernel, or {@link OutsidePool#NONE}. */
    int another(Frame frame, long nowNs) {
        int port = draw(frame, true, nowNs);
        return port == OutsidePool.NONE ? draw(frame, false, nowNs) : port;
    }

    /**
     * A bounded number of draws. {@code alone}: the port's parity is kept and nobody is mapped to
     * it.
     */
    private int draw(Frame frame, boolean alone, long nowNs) {
        boolean privileged = frame.localPort < FIRST_UNPRIVILEGED && frame.localPort > 0;
        int first = privileged ? 1 : FIRST_UNPRIVILEGED;
        int count = privileged ? FIRST_UNPRIVILEGED - 1 : OutsidePool.PORTS - FIRST_UNPRIVILEGED;
        for (int i = 0; i < ATTEMPTS; i++) {
            int port = first + (int) (Long.remainderUnsigned(next(), count));
            if (alone) {
                port = port & ~1 | frame.localPort & 1;
                if (port == 0 || !isUnowned(frame, port)) {
                    continue;
                }
            }
            if (isFree(frame, port, nowNs)) {
                return port;
            }
        }
        return OutsidePool.NONE;
    }

    /** xorshift64: unpredictable enough for a port beside a seeded start, and no allocation. */
    private long next() {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        return random >>> 16;
    }

    private boolean isUnowned(Frame frame, int port) {
        int owner = pool.owner(frame.isIpv6(), frame.protocol, port);
        return owner == OutsidePool.NONE || owner == frame.localPort;
    }

    private boolean isFree(Frame frame, int port, long nowNs) {
        return sessions.find(
                                frame,
                                SessionTable.INWARD,
                                frame.protocol,
                                port,
                                frame.dstHigh,
                                frame.dstLow,
                                frame.remotePort,
                                nowNs)
                        == Sessions.NO_SESSION
                && !podPorts.isPodFlow(
                        frame.protocol, port, frame.dstHigh, frame.dstLow, frame.remotePort);
    }
}
