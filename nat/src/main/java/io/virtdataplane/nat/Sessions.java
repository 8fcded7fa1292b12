package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Opens, refreshes and ends the sessions of a NIC, and gives out the outside ports: the guest's own
 * number where it is free for that destination (RFC 4787 REQ-3, port preservation), else another. A
 * port with a session is steered to us; the last session that goes gives it back to the pod.
 */
final class Sessions {
    private static final int FIRST_PORT = 1024;
    private static final int ATTEMPTS = 128;
    private static final int AGED_A_CALL = 4096;
    private static final int NO_PORT = -1;
    private static final int PORTS = 1 << 16;
    static final long USERS_BYTES = 3L * PORTS * Integer.BYTES;
    static final int NO_SESSION = SessionTable.NONE;
    static final int LIMIT = -2;
    static final int EXHAUSTED = -3;

    private final NatPlan plan;
    private final PodPorts podPorts;
    private final SessionTable table;
    private final MemorySegment
            users; // sessions by protocol and outside port, lazily backed as the table
    private long random;

    Sessions(NatPlan plan, PodPorts podPorts, SessionTable table, MemorySegment users, long seed) {
        this.users = users;
        this.plan = plan;
        this.podPorts = podPorts;
        this.table = table;
        this.random = seed | 1;
    }

    SessionTable table() {
        return table;
    }

    /** The session of a frame the guest sent, opened if need be, or one of the negative codes. */
    int outward(int protocol, int insidePort, int remote, int remotePort, long nowNs) {
        int session = findOutward(protocol, insidePort, remote, remotePort);
        if (session != NO_SESSION) {
            return session;
        }
        int outsidePort = choosePort(protocol, insidePort, remote, remotePort);
        return outsidePort == NO_PORT
                ? EXHAUSTED
                : open(protocol, insidePort, outsidePort, remote, remotePort, false, nowNs);
    }

    /** The session with this outward flow, or {@link #NO_SESSION}; none is opened. */
    int findOutward(int protocol, int insidePort, int remote, int remotePort) {
        return table.lookup(
                SessionTable.OUTWARD, protocol, insidePort, 0, remote & 0xffff_ffffL, remotePort);
    }

    /** The session of a frame that came for the pod's address, or {@link #NO_SESSION}. */
    int inward(int protocol, int outsidePort, int remote, int remotePort) {
        return table.lookup(
                SessionTable.INWARD, protocol, outsidePort, 0, remote & 0xffff_ffffL, remotePort);
    }

    int openInward(int protocol, int port, int remote, int remotePort, long nowNs) {
        return open(protocol, port, port, remote, remotePort, true, nowNs);
    }

    private int open(
            int protocol,
            int insidePort,
            int outsidePort,
            int remote,
            int remotePort,
            boolean inbound,
            long nowNs) {
        if (table.isFull() && !reclaim()) {
            return LIMIT;
        }
        claim(protocol, outsidePort);
        int lifetime =
                switch (protocol) {
                    case Tcp.PROTOCOL -> Lifetime.TCP_TRANSITORY;
                    case Udp.PROTOCOL -> Lifetime.UDP;
                    default -> Lifetime.ICMP;
                };
        return table.insert(
                protocol,
                insidePort,
                outsidePort,
                0,
                remote & 0xffff_ffffL,
                remotePort,
                lifetime,
                inbound,
                nowNs);
    }

    void use(int session, Frame frame, boolean outward, long nowNs) {
        int lifetime = table.lifetime(session);
        if (frame.protocol == Tcp.PROTOCOL) {
            int before = table.tcpState(session);
            int state = TcpState.next(before, Tcp.flags(frame.data, frame.l4), outward);
            if (state != before) {
                table.tcpState(session, state);
                lifetime = TcpState.lifetime(state);
            }
        }
        table.refresh(session, lifetime, outward, nowNs);
    }

    /** Ends sessions whose time is over, a bounded number; true while any is left. */
    boolean age(long nowNs) {
        int budget = AGED_A_CALL;
        for (int lifetime = 0; lifetime < Lifetime.COUNT; lifetime++) {
            long timeout = plan.timeouts().of(lifetime);
            int session;
            while (budget > 0
                    && (session = table.oldest(lifetime)) != NO_SESSION
                    && nowNs - table.lastSeenNs(session) >= timeout) {
                end(session);
                budget--;
            }
        }
        return table.size() > 0;
    }

    /**
     * Makes room by ending the session that will be missed least; an established connection is
     * never given up for a new one.
     */
    private boolean reclaim() {
        for (int lifetime = 0; lifetime < Lifetime.TCP_ESTABLISHED; lifetime++) {
            int session = table.oldest(lifetime);
            if (session != NO_SESSION) {
                end(session);
                return true;
            }
        }
        return false;
    }

    private void end(int session) {
        release(table.protocol(session), table.outsidePort(session));
        table.remove(session);
    }

    private int choosePort(int protocol, int wanted, int remote, int remotePort) {
        if (isFree(protocol, wanted, remote, remotePort)) {
            return wanted;
        }
        for (int i = 0; i < ATTEMPTS; i++) {
            random ^= random << 13;
            random ^= random >>> 7;
            random ^= random << 17;
            int port = FIRST_PORT + (int) ((random >>> 16) % (PORTS - FIRST_PORT));
            if (isFree(protocol, port, remote, remotePort)) {
                return port;
            }
        }
        return NO_PORT;
    }

    private boolean isFree(int protocol, int port, int remote, int remotePort) {
        return inward(protocol, port, remote, remotePort) == NO_SESSION
                && !podPorts.isPodFlow(protocol, port, remote, remotePort);
    }

    private void claim(int protocol, int port) {
        if (countUsers(protocol, port, 1) == 1 && !isAlwaysSteered(protocol, port)) {
            podPorts.steer(protocol, port, true);
        }
    }

    private void release(int protocol, int port) {
        if (countUsers(protocol, port, -1) == 0 && !isAlwaysSteered(protocol, port)) {
            podPorts.steer(protocol, port, false);
        }
    }

    private int countUsers(int protocol, int port, int change) {
        long at = slot(protocol) * PORTS + port;
        int count = users.getAtIndex(ValueLayout.JAVA_INT, at) + change;
        users.setAtIndex(ValueLayout.JAVA_INT, at, count);
        return count;
    }

    /**
     * Steers what must come to us even without a session: open ports, ports we refuse, all ports
     * where the policy is ours.
     */
    void steerOpenPorts() {
        for (int port = 0; port < PORTS; port++) {
            if (isAlwaysSteered(Tcp.PROTOCOL, port)) {
                podPorts.steer(Tcp.PROTOCOL, port, true);
            }
            if (isAlwaysSteered(Udp.PROTOCOL, port)) {
                podPorts.steer(Udp.PROTOCOL, port, true);
            }
        }
        podPorts.steerPortless(plan.openPorts().isAll());
    }

    private boolean isAlwaysSteered(int protocol, int port) {
        if (protocol != Tcp.PROTOCOL && protocol != Udp.PROTOCOL) {
            return false;
        }
        return plan.unlistedPolicy() != UnlistedPolicy.POD
                || plan.openPorts().contains(protocol, port)
                || plan.dropReservedPorts() && Inbound.isReserved(port);
    }

    private static int slot(int protocol) {
        return switch (protocol) {
            case Tcp.PROTOCOL -> 0;
            case Udp.PROTOCOL -> 1;
            default -> 2;
        };
    }
}
