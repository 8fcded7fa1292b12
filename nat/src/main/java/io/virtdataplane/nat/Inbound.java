package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Stage;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;

/**
 * Translates what comes for the pod's address: the guest's where a session or an open port says so,
 * otherwise as the policy for unlisted ports has it. The client's source address is kept.
 */
final class Inbound implements Stage {
    private final NatPlan plan;
    private final Sessions sessions;
    private final Fragments fragments;
    private final IcmpErrors icmpErrors;
    private final Forwarding forwarding;
    private final Rejection rejection;
    private final Rewrite rewrite = new Rewrite();
    private final Martians martians;
    private final Loopback loopback;
    private final PodFlows podFlows;
    private final Services services;
    private final Outbound outbound;
    private final MeshMembership membership;

    Inbound(
            NatPlan plan,
            Sessions sessions,
            Fragments fragments,
            PodFlows podFlows,
            Outbound outbound) {
        this.outbound = outbound;
        this.membership = outbound.membership();
        this.services = outbound.services();
        this.plan = plan;
        this.podFlows = podFlows;
        this.loopback = new Loopback(plan);
        this.sessions = sessions;
        this.fragments = fragments;
        this.icmpErrors = new IcmpErrors(plan, sessions);
        ErrorReply errors = new ErrorReply(plan);
        this.forwarding = new Forwarding(errors, false, plan.guestMtu());
        this.rejection = new Rejection(errors);
        this.martians = new Martians(plan.linkLocalNameServers());
    }

    @Override
    public Verdict process(Frame frame, long nowNs) {
        if (frame.etherType == Ethernet.ARP || !plan.of(frame).isOn()) {
            return Verdict.DROP_ETHERTYPE;
        }
        Addresses addresses = plan.of(frame);
        if (!addresses.isPod(frame.dstHigh, frame.dstLow)
                || addresses.isPod(frame.srcHigh, frame.srcLow)
                || Loopback.isProxy(frame)) {
            return ofPod(frame, addresses, nowNs);
        }
        Verdict verdict = checkSource(frame, addresses);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        if (!frame.isFragment()) {
            return translate(frame, addresses, Loopback.NONE, nowNs);
        }
        verdict = fragments.admit(frame, nowNs);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        if (frame.isLaterFragment()) {
            return translateLater(frame, addresses);
        }
        verdict = translate(frame, addresses, Loopback.NONE, nowNs);
        fragments.decide(
                frame, verdict, services); // one that is handed to the pod takes the others along
        return verdict;
    }

    /** Not from outside: the pod's programs have it from the pod itself. */
    private Verdict ofPod(Frame frame, Addresses addresses, long nowNs) {
        int origin = Loopback.origin(frame, addresses);
        if (origin == Loopback.NONE) {
            return addresses.isPod(frame.srcHigh, frame.srcLow)
                    ? podFlows.process(frame, nowNs)
                    : ofMesh(frame, addresses, nowNs);
        }
        return ofProcess(frame, addresses, origin, nowNs);
    }

    /** The pod's kernel answers the guest, whose frames it got as they were; or returns one. */
    private Verdict ofMesh(Frame frame, Addresses addresses, long nowNs) {
        if (addresses.isGuest(frame.srcHigh, frame.srcLow)) {
            return outbound.pastMesh(frame, nowNs);
        }
        boolean isAnswer =
                addresses.isGuest(frame.dstHigh, frame.dstLow) && membership.hasConnections();
        return isAnswer ? Verdict.FORWARDED : Verdict.DROP_MARTIAN;
    }

    private Verdict ofProcess(Frame frame, Addresses addresses, int origin, long nowNs) {
        NatPolicy.Ports ports = sessions.policy().ports();
        if (frame.isFragment()
                || Transport.read(frame, false) != Verdict.CONTINUE
                || !ports.isOpen(frame.protocol, frame.localPort)) {
            return Verdict.HANDED_TO_POD;
        }
        Verdict verdict = forwarding.check(frame, nowNs); // an error about it is for what it was
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        frame.note(Step.FROM_POD, 0, 0);
        loopback.regard(frame);
        return translate(frame, addresses, origin, nowNs);
    }

    private Verdict checkSource(Frame frame, Addresses addresses) {
        if (addresses.isInside(frame.srcHigh, frame.srcLow)) {
            return Verdict.DROP_OWN_SUBNET; // the gateway's, for one: a forged offer of a lease
        }
        return martians.isSource(frame, sessions.policy().behaviour().linkLocal())
                ? Verdict.DROP_MARTIAN
                : Verdict.CONTINUE;
    }

    private Verdict translate(Frame frame, Addresses addresses, int origin, long nowNs) {
        Verdict verdict = Transport.read(frame, false);
        if (verdict != Verdict.CONTINUE) {
            return withoutPorts(frame, verdict, nowNs);
        }
        if (sessions.isDrained()) {
            return Verdict.DROP_DRAINED; // in silence: connections go on where the guest is
        }
        int session = sessions.findInward(frame, nowNs);
        int insidePort = frame.localPort;
        if (session == Sessions.NO_SESSION) {
            verdict =
                    membership.hasInward(frame, origin)
                            ? Verdict.HANDED_TO_POD
                            : admit(frame, nowNs);
            if (verdict != Verdict.CONTINUE) {
                return verdict;
            }
            insidePort = insidePort(frame);
            if (sessions.hasOutward(frame, insidePort, nowNs)) {
                // The guest talks to this endpoint from this port already, by another outside one.
                return Verdict.DROP_NO_SESSION;
            }
        }
        if (origin == Loopback.NONE) {
            verdict = forwarding.check(frame, nowNs); // not before it is known to be the guest's
            if (verdict != Verdict.CONTINUE) {
                return verdict;
            }
        } else if (session != Sessions.NO_SESSION && sessions.table().origin(session) != origin) {
            return Verdict.DROP_PORTS_EXHAUSTED; // the same port by the other of both addresses
        }
        if (session == Sessions.NO_SESSION) {
            session = sessions.openInward(frame, insidePort, origin, nowNs);
            if (Sessions.isRefused(session)) {
                return Sessions.refusal(session);
            }
        } else {
            insidePort = sessions.table().insidePort(session);
        }
        sessions.use(session, frame, false, nowNs);
        SegmentSize.clamp(frame, plan, sessions.policy().behaviour().maxSegmentSize());
        if (origin != Loopback.NONE) {
            loopback.enter(frame, origin);
        }
        rewrite.destination(frame, addresses, insidePort, 1);
        frame.note(Step.TRANSLATED_DESTINATION, insidePort, 0);
        services.leave(frame, session);
        return Verdict.FORWARDED;
    }

    /** ICMP errors follow the session of what they quote; all else is the pod's, if anybody's. */
    private Verdict withoutPorts(Frame frame, Verdict verdict, long nowNs) {
        if (verdict == Verdict.DROP_MALFORMED) {
            return verdict;
        }
        boolean pods = sessions.policy().ports().unlisted() == UnlistedPolicy.POD;
        boolean error = verdict == Verdict.DROP_ICMP_TYPE && Transport.isError(frame);
        if (!error || frame.isFragment()) {
            return pods ? Verdict.HANDED_TO_POD : verdict;
        }
        if (!Forwarding.hasHops(frame)) {
            return Verdict.DROP_TTL_EXPIRED; // about an error none is sent
        }
        verdict = icmpErrors.translate(frame, true, 1, nowNs);
        return verdict == Verdict.DROP_NO_SESSION ? Verdict.HANDED_TO_POD : verdict;
    }

    /** Whether a frame without a session may open one. */
    private Verdict admit(Frame frame, long nowNs) {
        frame.note(Step.NO_SESSION, frame.localPort, frame.protocol);
        NatPolicy policy = sessions.policy();
        if (Transport.isIcmp(frame.protocol)) {
            boolean open = Transport.isRequest(frame) && policy.ports().open().isAll();
            return open ? Verdict.CONTINUE : unlisted(frame, nowNs);
        }
        if (Transport.hasPorts(frame.protocol) && policy.ports().isReserved(frame.localPort)) {
            return Verdict.DROP_RESERVED_PORT;
        }
        if (!policy.behaviour().translates(frame.protocol)) {
            return unlisted(frame, nowNs);
        }
        if (policy.ports().open().contains(frame.protocol, frame.localPort)) {
            frame.note(Step.PORT_OPEN, frame.localPort, 0);
        } else if (isMappedForAll(frame)) {
            frame.note(Step.MAPPING_OPEN, frame.localPort, 0);
        } else {
            frame.note(Step.PORT_NOT_OPEN, frame.localPort, 0);
            return unlisted(frame, nowNs);
        }
        if (frame.protocol == Protocols.TCP) {
            int flags = Tcp.flags(frame.data, frame.l4);
            if ((flags & Tcp.RST) != 0 || (flags & (Tcp.SYN | Tcp.ACK)) == (Tcp.SYN | Tcp.ACK)) {
                return Verdict.DROP_NO_SESSION; // an answer to nothing that the guest asked
            }
        }
        return Verdict.CONTINUE;
    }

    /** RFC 4787 5: under endpoint-independent filtering a mapped port takes anybody's packets. */
    private boolean isMappedForAll(Frame frame) {
        return sessions.policy().behaviour().filtering() == NatPolicy.Filtering.ENDPOINT_INDEPENDENT
                && Transport.hasPorts(frame.protocol)
                && sessions.mappedInside(frame, frame.localPort) != OutsidePool.NONE;
    }

    private int insidePort(Frame frame) {
        boolean open = sessions.policy().ports().open().contains(frame.protocol, frame.localPort);
        return open || !isMappedForAll(frame)
                ? frame.localPort
                : sessions.mappedInside(frame, frame.localPort);
    }

    private Verdict unlisted(Frame frame, long nowNs) {
        return switch (sessions.policy().ports().unlisted()) {
            case POD -> Verdict.HANDED_TO_POD;
            case DROP -> Verdict.DROP_UNLISTED_PORT;
            case REJECT -> rejection.answer(frame, false, Verdict.DROP_UNLISTED_PORT, nowNs);
        };
    }

    private Verdict translateLater(Frame frame, Addresses addresses) {
        Verdict verdict = fragments.decided(frame);
        if (verdict != Verdict.FORWARDED) {
            return verdict;
        }
        verdict = forwarding.checkLater(frame);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        Rewrite.destinationAddress(frame, addresses, 1);
        if (fragments.changesRemote()) {
            Rewrite.address(frame, frame.l3, true, fragments.remoteHigh(), fragments.remoteLow());
        }
        return Verdict.FORWARDED;
    }

    @Override
    public boolean age(long nowNs) {
        return fragments.age(nowNs);
    }

    @Override
    public boolean hasReleased() {
        return fragments.hasReleased();
    }

    @Override
    public void release(Frame frame) {
        fragments.release(frame);
    }

    @Override
    public int takeGivenUp() {
        return fragments.takeGivenUp();
    }
}
