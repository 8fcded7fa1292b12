package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.RateLimit;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Sctp;
import io.virtdataplane.wire.Tcp;

/**
 * Opens, refreshes and ends the sessions of a NIC, and gives out the outside ports: the guest's own
 * number where it can be had (RFC 4787 REQ-3, port preservation), else another. A port with a
 * session is steered to us; the last session that goes gives it back to the pod. Worker's thread.
 */
final class Sessions {
    private static final int AGED_A_CALL = 4096;
    private static final long UNLIMITED = 1_000_000_000L;
    static final int NO_SESSION = SessionTable.NONE;
    static final int LIMIT = -2;
    static final int RATE = -3;

    /** A dry run opens none. */
    static final int WOULD_OPEN = -4;

    private final OutsidePool pool;
    private final PortChoice choice;
    private final SteeredNumbers numbers;
    private final CarriedSessions carried;
    private SessionTable table;
    private NatPolicy policy;
    private RateLimit rate;
    private boolean isDrained;

    Sessions(
            NatPolicy policy,
            PodPorts podPorts,
            SessionTable table,
            OutsidePool pool,
            CarriedSessions carried,
            long seed) {
        this.carried = carried;
        this.pool = pool;
        this.numbers = new SteeredNumbers(podPorts, pool, policy.ports());
        this.table = table;
        this.choice = new PortChoice(this, pool, podPorts, seed);
        this.policy = policy;
        this.rate = rate(policy);
    }

    private static RateLimit rate(NatPolicy policy) {
        int perSecond = policy.limits().sessionsPerSecond();
        return new RateLimit(perSecond == 0 ? UNLIMITED : perSecond);
    }

    static boolean isRefused(int session) {
        return session == LIMIT || session == RATE;
    }

    /** Why {@link #openOutward} and the like have refused. */
    static Verdict refusal(int code) {
        return code == RATE ? Verdict.DROP_SESSION_RATE : Verdict.DROP_SESSION_LIMIT;
    }

    SteeredNumbers numbers() {
        return numbers;
    }

    SessionTable table() {
        return table;
    }

    NatPolicy policy() {
        return policy;
    }

    /** From now on; no session ends by it. */
    void policy(NatPolicy newPolicy) {
        carried.change(newPolicy);
        policy = newPolicy;
        numbers.ports(newPolicy.ports());
        rate = rate(newPolicy);
    }

    /** The guest has moved: nothing is for it any more. */
    void drained(boolean isNow) {
        isDrained = isNow;
    }

    boolean isDrained() {
        return isDrained;
    }

    /** The same sessions in a larger table. */
    void moveTo(SessionTable larger) {
        carried.releaseAll(); // they are numbered anew
        larger.adopt(table);
        carried.moveTo(larger);
        table = larger;
    }

    /** The session of a frame that the guest sent, or {@link #NO_SESSION}. */
    int findOutward(Frame frame, long nowNs) {
        return find(
                frame,
                SessionTable.OUTWARD,
                frame.protocol,
                frame.localPort,
                frame.dstHigh,
                frame.dstLow,
                frame.remotePort,
                nowNs);
    }

    /** The session of a frame that came for the pod's address, or {@link #NO_SESSION}. */
    int findInward(Frame frame, long nowNs) {
        return find(
                frame,
                SessionTable.INWARD,
                frame.protocol,
                frame.localPort,
                frame.srcHigh,
                frame.srcLow,
                frame.remotePort,
                nowNs);
    }

    /** The outward flow that a session opened by this frame from outside would have is taken. */
    boolean hasOutward(Frame frame, int insidePort, long nowNs) {
        return find(
                        frame,
                        SessionTable.OUTWARD,
                        frame.protocol,
                        insidePort,
                        frame.srcHigh,
                        frame.srcLow,
                        frame.remotePort,
                        nowNs)
                != NO_SESSION;
    }

    /**
     * The session with this flow; one whose time is over ends here, before it is used again, unless
     * the frame is only explained.
     */
    int find(
            Frame frame,
            int direction,
            int protocol,
            int localPort,
            long remoteHigh,
            long remoteLow,
            int remotePort,
            long nowNs) {
        int session =
                table.lookup(direction, protocol, localPort, remoteHigh, remoteLow, remotePort);
        if (session == NO_SESSION || !isOverAsCarried(session, nowNs)) {
            return session;
        }
        if (!frame.isDryRun()) {
            end(session);
        }
        return NO_SESSION;
    }

    /** With what the kernel has carried of it until now. */
    boolean isOverAsCarried(int session, long nowNs) {
        if (!isOver(session, nowNs)) {
            return false;
        }
        carried.count(session, nowNs);
        return isOver(session, nowNs);
    }

    boolean isOver(int session, long nowNs) {
        long idleNs = nowNs - table.lastSeenNs(session);
        return idleNs >= policy.timeouts().of(table.lifetime(session));
    }

    /** The outside port for a new session that this frame of the guest opens, or {@code NONE}. */
    int chooseOutside(Frame frame, long nowNs) {
        boolean independent =
                policy.behaviour().mapping() == NatPolicy.Mapping.ENDPOINT_INDEPENDENT;
        return choice.choose(frame, independent, nowNs);
    }

    /** Another port for a flow of the pod's kernel that the guest has too, or {@code NONE}. */
    int chooseForPod(Frame frame, long nowNs) {
        return choice.another(frame, nowNs);
    }

    /** The inside port that an outside one is mapped to, or {@link OutsidePool#NONE}. */
    int mappedInside(Frame frame, int outsidePort) {
        return pool.owner(frame.isIpv6(), frame.protocol, outsidePort);
    }

    /** Opens a session for a frame of the guest; or LIMIT or RATE. */
    int openOutward(Frame frame, int outsidePort, long nowNs) {
        return open(
                frame,
                frame.localPort,
                outsidePort,
                frame.dstHigh,
                frame.dstLow,
                frame.remotePort,
                0,
                nowNs);
    }

    /**
     * Opens a session for a frame from outside, or of that origin in the pod.
     *
     * @param origin as {@link SessionTable#origin}
     */
    int openInward(Frame frame, int insidePort, int origin, long nowNs) {
        return open(
                frame,
                insidePort,
                frame.localPort,
                frame.srcHigh,
                frame.srcLow,
                frame.remotePort,
                SessionTable.INBOUND | origin,
                nowNs);
    }

    /** The far side of a hairpin: the pod's address with {@code remotePort} is the remote. */
    int openHairpin(Frame frame, Addresses addresses, int insidePort, int remotePort, long nowNs) {
        return open(
                frame,
                insidePort,
                frame.remotePort,
                addresses.podHigh(),
                addresses.podLow(),
                remotePort,
                SessionTable.INBOUND,
                nowNs);
    }

    private int open(
            Frame frame,
            int insidePort,
            int outsidePort,
            long remoteHigh,
            long remoteLow,
            int remotePort,
            int flags,
            long nowNs) {
        if (!rate.allows(frame, nowNs)) {
            return RATE;
        }
        if (frame.isDryRun()) {
            if (isFull() && leastMissed(nowNs) == NO_SESSION) {
                return LIMIT;
            }
            frame.note(Step.SESSION_WOULD_OPEN, insidePort, outsidePort);
            return WOULD_OPEN;
        }
        int session =
                open(
                        frame.protocol,
                        insidePort,
                        outsidePort,
                        remoteHigh,
                        remoteLow,
                        remotePort,
                        flags,
                        nowNs);
        if (session != LIMIT) {
            frame.note(Step.SESSION_OPENED, insidePort, outsidePort);
        }
        return session;
    }

    private boolean hasInward(
            int protocol, int outsidePort, long remoteHigh, long remoteLow, int remotePort) {
        return table.lookup(
                        SessionTable.INWARD,
                        protocol,
                        outsidePort,
                        remoteHigh,
                        remoteLow,
                        remotePort)
                != NO_SESSION;
    }

    private boolean isFull() {
        return table.size() >= policy.limits().sessions();
    }

    /**
     * Opens a session whose flows are free; or LIMIT.
     *
     * @param flags {@link SessionTable#INBOUND} and the like
     */
    int open(
            int protocol,
            int insidePort,
            int outsidePort,
            long remoteHigh,
            long remoteLow,
            int remotePort,
            int flags,
            long nowNs) {
        if (isFull()) {
            int givenUp = leastMissed(nowNs);
            if (givenUp == NO_SESSION) {
                return LIMIT;
            }
            end(givenUp);
            if (hasInward(protocol, outsidePort, remoteHigh, remoteLow, remotePort)) {
                return LIMIT; // the kernel has opened it meanwhile
            }
        }
        boolean ipv6 = !Ip.isMapped(remoteHigh, remoteLow);
        boolean usesMapping = numbers.take(ipv6, protocol, insidePort, outsidePort);
        return table.insert(
                protocol,
                insidePort,
                outsidePort,
                remoteHigh,
                remoteLow,
                remotePort,
                Lifetime.ofNew(protocol),
                flags
                        | (usesMapping ? SessionTable.USES_MAPPING : 0)
                        | policy.mesh().flags(protocol),
                nowNs);
    }

    /** A frame of the session has passed. */
    void use(int session, Frame frame, boolean outward, long nowNs) {
        if (session == WOULD_OPEN) {
            return;
        }
        frame.note(Step.SESSION_FOUND, table.insidePort(session), table.outsidePort(session));
        if (table.isCarried(session)) {
            frame.note(Step.CARRIED, 0, 0);
        }
        if (frame.isDryRun()) {
            return;
        }
        carried.count(session, nowNs);
        int lifetime = table.lifetime(session);
        int before = table.state(session);
        int state =
                switch (frame.protocol) {
                    case Protocols.TCP ->
                            TcpState.next(before, Tcp.flags(frame.data, frame.l4), outward);
                    case Protocols.SCTP ->
                            TcpState.nextSctp(
                                    before, Sctp.chunk(frame.data, frame.l4, frame.end), outward);
                    default -> before;
                };
        if (state != before) {
            table.state(session, state);
            lifetime = TcpState.lifetime(state);
        }
        boolean keepsAlive =
                outward
                        || policy.behaviour().refresh() == NatPolicy.Refresh.BOTH
                        || frame.protocol == Protocols.TCP
                        || frame.protocol == Protocols.SCTP;
        table.use(session, lifetime, outward, keepsAlive, nowNs);
        carried.used(session, state != before);
    }

    /** Ends sessions whose time is over, a bounded number; true while any is left. */
    boolean age(long nowNs) {
        carried.sweep(nowNs);
        int budget = AGED_A_CALL;
        for (int lifetime = 0; lifetime < Lifetime.COUNT; lifetime++) {
            int session;
            while (budget > 0
                    && (session = table.oldest(lifetime)) != NO_SESSION
                    && isOver(session, nowNs)) {
                if (isOverAsCarried(session, nowNs)) {
                    end(session);
                }
                budget--;
            }
        }
        if (table.size() == 0) {
            carried.rest(nowNs);
        }
        return table.size() > 0;
    }

    /**
     * The session that makes room for a new one, or {@link #NO_SESSION}: an established connection
     * is never given up.
     */
    private int leastMissed(long nowNs) {
        if (table.oldest(Lifetime.TCP_CLOSED) == NO_SESSION) {
            carried.readNotes(nowNs); // some may have ended
        }
        for (int lifetime = 0; lifetime < Lifetime.TCP_ESTABLISHED; lifetime++) {
            int session = carried.oldest(lifetime, nowNs);
            if (session != NO_SESSION) {
                return session;
            }
        }
        return NO_SESSION;
    }

    void end(int session) {
        carried.release(session);
        boolean ipv6 = !Ip.isMapped(table.remoteHigh(session), table.remoteLow(session));
        numbers.giveBack(
                ipv6,
                table.protocol(session),
                table.insidePort(session),
                table.outsidePort(session),
                table.usesMapping(session));
        table.remove(session);
    }
}
