package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Stage;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;

/**
 * Translates what comes for the pod's address: the guest's where a session or an open port says so,
 * otherwise as the policy for unlisted ports has it. The client's source address is kept.
 */
final class Inbound implements Stage {
    private static final int FIRST_RESERVED_PORT = 49152; // libvirt's direct migration port
    private static final int LAST_RESERVED_PORT = 49153; // and its block migration port
    private final NatPlan plan;
    private final Sessions sessions;
    private final IcmpErrors errors;

    Inbound(NatPlan plan, Sessions sessions) {
        this.plan = plan;
        this.sessions = sessions;
        this.errors = new IcmpErrors(plan, sessions);
    }

    static boolean isReserved(int port) {
        return port == FIRST_RESERVED_PORT || port == LAST_RESERVED_PORT;
    }

    @Override
    public Verdict process(Frame frame, long nowNs) {
        if (frame.etherType != Ethernet.IPV4) {
            return Verdict.DROP_ETHERTYPE;
        }
        if (Ipv4.dst(frame.data, frame.l3) != plan.podAddress()) {
            return Verdict.DROP_MARTIAN;
        }
        Verdict verdict = Endpoints.check(frame);
        if (verdict != Verdict.CONTINUE) {
            if (verdict == Verdict.DROP_FRAGMENT) {
                return fragment(frame);
            }
            boolean error = verdict == Verdict.DROP_ICMP_TYPE && Endpoints.isError(frame);
            return error ? error(frame) : verdict;
        }
        int remote = Ipv4.src(frame.data, frame.l3);
        int remotePort = frame.protocol == Icmp.PROTOCOL ? 0 : Endpoints.srcPort(frame);
        int port = Endpoints.dstPort(frame);
        int session = sessions.inward(frame.protocol, port, remote, remotePort);
        if (session == Sessions.NO_SESSION) {
            verdict = admit(frame, port);
            if (verdict != Verdict.CONTINUE) {
                return verdict;
            }
            session = sessions.openInward(frame.protocol, port, remote, remotePort, nowNs);
            if (session < 0) {
                return Verdict.DROP_SESSION_LIMIT;
            }
        }
        if (Ipv4.ttl(frame.data, frame.l3) <= 1) {
            return Verdict.DROP_TTL_EXPIRED; // not before it is known to be the guest's
        }
        sessions.use(session, frame, false, nowNs);
        Rewrite.destination(frame, plan.guestAddress(), sessions.table().insidePort(session));
        return Verdict.FORWARDED;
    }

    /**
     * The guest's are not translated yet; the pod's kernel has got its later fragments by itself,
     * and needs the first one.
     */
    private Verdict fragment(Frame frame) {
        boolean hasPorts = frame.protocol == Tcp.PROTOCOL || frame.protocol == Udp.PROTOCOL;
        if (plan.unlistedPolicy() != UnlistedPolicy.POD
                || !hasPorts
                || Ipv4.isLaterFragment(frame.data, frame.l3)
                || frame.l4 + Udp.HEADER > frame.end) {
            return Verdict.DROP_FRAGMENT;
        }
        int port = Endpoints.dstPort(frame);
        int session =
                sessions.inward(
                        frame.protocol,
                        port,
                        Ipv4.src(frame.data, frame.l3),
                        Endpoints.srcPort(frame));
        boolean guests =
                session != Sessions.NO_SESSION || plan.openPorts().contains(frame.protocol, port);
        return guests ? Verdict.DROP_FRAGMENT : Verdict.HANDED_TO_POD;
    }

    /** An error about a packet that was not the guest's is for the pod's kernel. */
    private Verdict error(Frame frame) {
        Verdict verdict = errors.translate(frame, true);
        return verdict == Verdict.DROP_NO_SESSION ? Verdict.HANDED_TO_POD : verdict;
    }

    /** Whether a frame without a session may open one. */
    private Verdict admit(Frame frame, int port) {
        if (frame.protocol == Icmp.PROTOCOL) {
            boolean request = Icmp.type(frame.data, frame.l4) == Icmp.ECHO_REQUEST;
            return request && plan.openPorts().isAll() ? Verdict.CONTINUE : unlisted(frame);
        }
        if (plan.dropReservedPorts() && isReserved(port)) {
            return Verdict.DROP_RESERVED_PORT;
        }
        if (!plan.openPorts().contains(frame.protocol, port)) {
            return unlisted(frame);
        }
        if (frame.protocol == Tcp.PROTOCOL) {
            int flags = Tcp.flags(frame.data, frame.l4);
            if ((flags & Tcp.RST) != 0 || (flags & (Tcp.SYN | Tcp.ACK)) == (Tcp.SYN | Tcp.ACK)) {
                return Verdict.DROP_NO_SESSION; // an answer to nothing that the guest asked
            }
        }
        return Verdict.CONTINUE;
    }

    private Verdict unlisted(Frame frame) {
        return switch (plan.unlistedPolicy()) {
            case POD -> Verdict.HANDED_TO_POD;
            case DROP -> Verdict.DROP_UNLISTED_PORT;
            case REJECT -> Rejection.answer(frame);
        };
    }
}
