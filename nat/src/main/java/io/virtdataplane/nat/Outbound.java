package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Stage;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Ipv4;

/** Translates what the guest sends: its address becomes the pod's. */
final class Outbound implements Stage {
    private static final int LINK_LOCAL = 0xa9fe_0000; // 169.254.0.0/16, RFC 3927
    private final NatPlan plan;
    private final Sessions sessions;
    private final IcmpErrors errors;

    Outbound(NatPlan plan, Sessions sessions) {
        this.plan = plan;
        this.sessions = sessions;
        this.errors = new IcmpErrors(plan, sessions);
    }

    @Override
    public Verdict process(Frame frame, long nowNs) {
        if (frame.etherType != Ethernet.IPV4) {
            return Verdict.DROP_UNANSWERED;
        }
        Verdict verdict = checkAddresses(frame);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        verdict = Endpoints.check(frame);
        if (verdict != Verdict.CONTINUE) {
            boolean error = verdict == Verdict.DROP_ICMP_TYPE && Endpoints.isError(frame);
            return error ? errors.translate(frame, false) : verdict;
        }
        if (Ipv4.ttl(frame.data, frame.l3) <= 1) {
            return Verdict.DROP_TTL_EXPIRED;
        }
        int remote = Ipv4.dst(frame.data, frame.l3);
        int remotePort = frame.protocol == Icmp.PROTOCOL ? 0 : Endpoints.dstPort(frame);
        int session =
                sessions.outward(
                        frame.protocol, Endpoints.srcPort(frame), remote, remotePort, nowNs);
        if (session < 0) {
            return session == Sessions.LIMIT
                    ? Verdict.DROP_SESSION_LIMIT
                    : Verdict.DROP_PORTS_EXHAUSTED;
        }
        sessions.use(session, frame, true, nowNs);
        Rewrite.source(frame, plan.podAddress(), sessions.table().outsidePort(session));
        return Verdict.FORWARDED;
    }

    private Verdict checkAddresses(Frame frame) {
        if (Ipv4.src(frame.data, frame.l3) != plan.guestAddress()) {
            return Verdict.DROP_SPOOFED_ADDRESS; // 0.0.0.0 passed the guard for DHCP only
        }
        int destination = Ipv4.dst(frame.data, frame.l3);
        if (destination == plan.gatewayAddress()) {
            return Verdict.DROP_UNANSWERED;
        }
        if (destination == plan.podAddress()) {
            return Verdict.DROP_HAIRPIN;
        }
        return isMartian(destination) ? Verdict.DROP_MARTIAN : Verdict.CONTINUE;
    }

    /** RFC 6890: not a destination that a router forwards to. */
    private boolean isMartian(int address) {
        int first = address >>> 24;
        if (first == 0 || first == 127 || first >= 224 || address == plan.guestAddress()) {
            return true;
        }
        if ((address & 0xffff_0000) != LINK_LOCAL) {
            return false;
        }
        for (int allowed : plan.linkLocalAllowed()) {
            if (address == allowed) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean age(long nowNs) {
        return sessions.age(nowNs);
    }
}
