package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Stage;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;

/** Translates what the guest sends: its address becomes the pod's. */
final class Outbound implements Stage {
    private final NatPlan plan;
    private final Sessions sessions;
    private final Fragments fragments;
    private final IcmpErrors icmpErrors;
    private final Forwarding forwarding;
    private final Rejection rejection;
    private final Hairpin hairpin;
    private final Rewrite rewrite = new Rewrite();
    private final Martians martians;
    private final Loopback loopback;
    private final CarriedSessions carried;
    private final Services services;
    private long lostUntilNs = Long.MIN_VALUE / 2;
    private final MeshMembership membership;
    private boolean isPastMesh; // the frame of this call

    Outbound(
            NatPlan plan,
            Sessions sessions,
            Fragments fragments,
            CarriedSessions carried,
            MeshMembership membership,
            long seed) {
        this.membership = membership;
        this.carried = carried;
        this.plan = plan;
        this.sessions = sessions;
        this.fragments = fragments;
        this.icmpErrors = new IcmpErrors(plan, sessions);
        ErrorReply errors = new ErrorReply(plan);
        this.forwarding = new Forwarding(errors, true, plan.uplinkMtu());
        this.rejection = new Rejection(errors);
        this.loopback = new Loopback(plan);
        this.martians = new Martians(plan.linkLocalNameServers());
        this.services = new Services(plan, sessions, carried, rejection, rewrite, seed);
        this.hairpin = new Hairpin(plan, sessions, services, rejection, rewrite);
    }

    MeshMembership membership() {
        return membership;
    }

    Services services() {
        return services;
    }

    @Override
    public Verdict process(Frame frame, long nowNs) {
        if (frame.etherType == Ethernet.ARP) {
            return Verdict.DROP_UNANSWERED;
        }
        Addresses addresses = plan.of(frame);
        Verdict verdict = checkAddresses(frame, addresses);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        if (!frame.isFragment()) {
            return translate(frame, addresses, nowNs);
        }
        verdict = fragments.admit(frame, nowNs);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        if (frame.isLaterFragment()) {
            return translateLater(frame, addresses);
        }
        verdict = translate(frame, addresses, nowNs);
        services.disregard(frame); // its fragments come as the guest has addressed them
        fragments.decide(frame, verdict, services);
        return verdict;
    }

    private Verdict checkAddresses(Frame frame, Addresses addresses) {
        if (!addresses.isGuest(frame.srcHigh, frame.srcLow)) {
            // The guard lets unspecified and link-local ones pass: for the gateway only.
            return frame.isIpv6() ? Verdict.DROP_MARTIAN : Verdict.DROP_SPOOFED_ADDRESS;
        }
        boolean inside = addresses.isInside(frame.dstHigh, frame.dstLow);
        if (inside && !addresses.isGateway(frame.dstHigh, frame.dstLow)) {
            return Verdict.DROP_OWN_SUBNET;
        }
        return martians.isDestination(frame, sessions.policy().behaviour().linkLocal())
                ? Verdict.DROP_MARTIAN
                : Verdict.CONTINUE;
    }

    private Verdict translate(Frame frame, Addresses addresses, long nowNs) {
        boolean toPod = addresses.isPod(frame.dstHigh, frame.dstLow);
        Verdict verdict = Transport.read(frame, true);
        if (verdict != Verdict.CONTINUE) {
            boolean error = verdict == Verdict.DROP_ICMP_TYPE && Transport.isError(frame);
            return error ? translateError(frame, toPod, nowNs) : verdict;
        }
        if (addresses.isGateway(frame.dstHigh, frame.dstLow)) {
            return toGateway(frame, addresses, nowNs);
        }
        if (!sessions.policy().behaviour().translates(frame.protocol)) {
            return Verdict.DROP_PROTOCOL;
        }
        int found = sessions.findOutward(frame, nowNs);
        if (found == Sessions.NO_SESSION && !toPod && !isPastMesh && membership.hasOutward(frame)) {
            return Verdict.SENT_TO_MESH;
        }
        verdict = forwarding.check(frame, nowNs);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        if (found == Sessions.NO_SESSION && isLost(frame, nowNs)) {
            return rejection.answer(frame, true, Verdict.DROP_NO_SESSION, nowNs);
        }
        verdict = services.regard(frame, found, nowNs);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        int session = services.session();
        if (addresses.isPod(frame.dstHigh, frame.dstLow)) {
            return hairpin.process(frame, addresses, session, nowNs);
        }
        int outsidePort =
                session == Sessions.NO_SESSION
                        ? sessions.chooseOutside(frame, nowNs)
                        : sessions.table().outsidePort(session);
        if (outsidePort == OutsidePool.NONE) {
            return Verdict.DROP_PORTS_EXHAUSTED;
        }
        if (session == Sessions.NO_SESSION) {
            session = sessions.openOutward(frame, outsidePort, nowNs);
            if (Sessions.isRefused(session)) {
                return Sessions.refusal(session);
            }
            services.opened(session, nowNs);
        }
        services.enter(frame);
        return leave(frame, addresses, session, outsidePort, nowNs);
    }

    /** The guest's TCP connections from before are known to have no other end. */
    void lostUntil(long ns) {
        lostUntilNs = ns;
    }

    /** The middle of a connection that cannot go on. */
    private boolean isLost(Frame frame, long nowNs) {
        if (frame.protocol != Protocols.TCP) {
            return false;
        }
        int flags = Tcp.flags(frame.data, frame.l4) & (Tcp.SYN | Tcp.ACK | Tcp.RST);
        return flags != Tcp.SYN
                && (sessions.policy().behaviour().midstream() == NatPolicy.Midstream.RESET
                        || nowNs - lostUntilNs < 0);
    }

    /** A frame of the guest's that the mesh's rules have let pass. */
    Verdict pastMesh(Frame frame, long nowNs) {
        if (!membership.hasConnections()) {
            return Verdict.DROP_MARTIAN;
        }
        isPastMesh = true;
        Verdict verdict = process(frame, nowNs);
        isPastMesh = false;
        return verdict == Verdict.FORWARDED ? Verdict.PAST_MESH : verdict;
    }

    private Verdict leave(
            Frame frame, Addresses addresses, int session, int outsidePort, long nowNs) {
        sessions.use(session, frame, true, nowNs);
        SegmentSize.clamp(frame, plan, sessions.policy().behaviour().maxSegmentSize());
        rewrite.source(frame, addresses, outsidePort);
        frame.note(Step.TRANSLATED_SOURCE, outsidePort, 0);
        return Verdict.FORWARDED;
    }

    /** What is no answer to one of the pod's processes is refused. */
    private Verdict toGateway(Frame frame, Addresses addresses, long nowNs) {
        int session = sessions.findOutward(frame, nowNs);
        int origin =
                session == Sessions.NO_SESSION ? Loopback.NONE : sessions.table().origin(session);
        if (origin == Loopback.NONE) {
            return refuse(frame, nowNs);
        }
        Verdict verdict = forwarding.check(frame, nowNs);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        if (frame.isFragment()) {
            return Verdict.DROP_FRAGMENT; // the others would not know their way
        }
        int outsidePort = sessions.table().outsidePort(session);
        verdict = leave(frame, addresses, session, outsidePort, nowNs);
        frame.note(Step.TO_POD, 0, 0);
        loopback.leave(frame, origin);
        return verdict;
    }

    /**
     * The gateway is no host to talk to. What may be the middle of a connection of one of the pod's
     * processes, from before a restart, is not reset: the process opens its session again when it
     * speaks. The guest cannot: it would reach the pod's loopback address unasked.
     */
    private Verdict refuse(Frame frame, long nowNs) {
        boolean isMiddle =
                frame.protocol == Protocols.TCP
                        && (Tcp.flags(frame.data, frame.l4) & (Tcp.SYN | Tcp.RST)) == 0
                        && sessions.policy().ports().isOpen(frame.protocol, frame.localPort);
        return isMiddle
                ? Verdict.DROP_NO_SESSION
                : rejection.answer(frame, true, Verdict.DROP_UNANSWERED, nowNs);
    }

    private Verdict translateError(Frame frame, boolean toPod, long nowNs) {
        Verdict verdict = forwarding.check(frame, nowNs);
        if (verdict != Verdict.CONTINUE || frame.isFragment()) {
            return verdict == Verdict.CONTINUE ? Verdict.DROP_FRAGMENT : verdict;
        }
        verdict = icmpErrors.translate(frame, false, 1, nowNs);
        if (verdict == Verdict.FORWARDED && plan.of(frame).isGateway(frame.dstHigh, frame.dstLow)) {
            return errorToPod(frame);
        }
        if (verdict != Verdict.FORWARDED || !toPod) {
            return verdict;
        }
        verdict = icmpErrors.translate(frame, true, 0, nowNs);
        return verdict == Verdict.FORWARDED ? Verdict.HAIRPINNED : verdict;
    }

    private Verdict errorToPod(Frame frame) {
        int origin = sessions.table().origin(icmpErrors.about());
        if (origin == Loopback.NONE) {
            return Verdict.DROP_UNANSWERED;
        }
        frame.note(Step.TO_POD, 0, 0);
        loopback.leaveError(frame, origin);
        return Verdict.FORWARDED;
    }

    private Verdict translateLater(Frame frame, Addresses addresses) {
        Verdict verdict = forwarding.checkLater(frame);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        verdict = fragments.decided(frame);
        boolean isSentOn = verdict == Verdict.FORWARDED || verdict == Verdict.HAIRPINNED;
        if (isSentOn) {
            Rewrite.sourceAddress(frame, addresses);
        }
        if (verdict == Verdict.HAIRPINNED) {
            Rewrite.destinationAddress(frame, addresses, 0);
        }
        if (isSentOn && fragments.changesRemote()) {
            boolean isSource = verdict == Verdict.HAIRPINNED; // its remote is the guest itself
            Rewrite.address(
                    frame, frame.l3, isSource, fragments.remoteHigh(), fragments.remoteLow());
        }
        return verdict;
    }

    @Override
    public boolean age(long nowNs) {
        return sessions.age(nowNs) | fragments.age(nowNs);
    }

    @Override
    public boolean begin(long nowNs) {
        return carried.readNotes(nowNs);
    }

    @Override
    public void settle(long nowNs) {
        carried.settle();
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
