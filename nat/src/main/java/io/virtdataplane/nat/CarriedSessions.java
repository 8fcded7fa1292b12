package io.virtdataplane.nat;

import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.FlowNotes;
import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.wire.Dhcp;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.util.BitSet;
import java.util.function.IntPredicate;

/**
 * Which sessions the kernel carries itself ({@link FlowTable}): TCP connections from their first
 * SYN on, which is walked, or from when both sides have sent; and UDP sessions where they have, or
 * that are a stream in one direction. Worker's thread.
 *
 * <p>Connections that may never open have a part of the table, so that a flood of SYNs leaves those
 * alone that are established. Where the table is more than half full, sessions that are idle make
 * room in it.
 *
 * <p>An established session is handed over when all frames that were received have been sent
 * ({@link #settle}): one that waits here would be overtaken by those that the kernel carries. At a
 * first SYN there is none, and the answer to it may come while it is being sent.
 *
 * <p>That a carried connection opens, ends or is reset is in its flows and noted there. A session
 * is brought up to date before anybody looks at it or a frame of it is walked, and all that have
 * changed are once a second. What was carried is counted then, too, and every {@link #SWEEPS}
 * seconds, so that lists by idle time are right to that. One that has ended, or was reset, is
 * walked again.
 */
final class CarriedSessions {
    private static final int ONE_WAY_FRAMES = 4;
    private static final int MOST_WAITING = 256;
    private static final int SWEEPS = 16;
    private static final int LOOKED_AT = 8;
    private static final long SWEEP_NS = 1_000_000_000L;
    private static final int CROWDED = 4; // two flows a session: half of the table is used
    private static final int OPENING = 8; // a quarter
    private static final int MANY_NOTES = FlowNotes.MOST / 4;
    private static final long IDLE_NS = 10 * SWEEP_NS;

    private final FlowTable flows;
    private final SessionFlows ofSession;
    private final DualStack addresses;
    private final int[] waiting = new int[MOST_WAITING];
    private OpenedSessions opened;
    private int waitingCount;
    private SessionTable table;
    private NatPolicy.Refresh refresh;
    private int swept;
    private long sweptNs;
    private int count;
    private boolean isReading;
    private IntPredicate holds = session -> true;
    private final BitSet datagramsByService = new BitSet(); // places of their outward flows

    CarriedSessions(FlowTable flows, DualStack addresses, SessionTable table, NatPolicy policy) {
        this.flows = flows;
        this.ofSession = new SessionFlows(flows);
        this.addresses = addresses;
        this.table = table;
        set(policy);
    }

    private void set(NatPolicy policy) {
        refresh = policy.behaviour().refresh();
        flows.segment(policy.behaviour().maxSegmentSize());
    }

    /** Those that the kernel opens. Once, before anything else. */
    void with(OpenedSessions openedSessions) {
        opened = openedSessions;
    }

    /**
     * Whether a UDP session by a Service still has its endpoint. One that has not is cut by what
     * the guest sends next, and until then answers may come, so it may not be carried.
     */
    void ask(IntPredicate newHolds) {
        holds = newHolds;
    }

    /** How many there are. */
    int count() {
        return count;
    }

    /**
     * A frame of the session was walked; it is up to date.
     *
     * @param changed so is its flows' state no more
     */
    void used(int session, boolean changed) {
        if (!flows.isOn()) {
            return;
        }
        if (table.isCarried(session)) {
            if (!changed) {
                return;
            }
            release(session);
        }
        if (!mayBeCarried(session)) {
            return;
        }
        if (isNewConnection(session)) {
            if (hasRoomToOpen() && carry(session)) {
                opened.another(session);
            }
        } else if (waitingCount < MOST_WAITING) {
            waiting[waitingCount++] = session;
        }
    }

    private boolean hasRoomToOpen() {
        return count < flows.capacity() / OPENING;
    }

    private boolean isNewConnection(int session) {
        return isTcp(session) && TcpState.isNew(table.state(session));
    }

    private boolean isDatagramsByService(int session) {
        return table.hasFrontEnd(session) && !isTcp(session);
    }

    private boolean isTcp(int session) {
        return table.protocol(session) == Protocols.TCP;
    }

    private boolean mayBeCarried(int session) {
        return isWorthIt(session)
                && !table.isWalked(session)
                && isBetweenGuestAndOutside(session)
                && (!isDatagramsByService(session) || holds.test(session));
    }

    boolean isBetweenGuestAndOutside(int session) {
        if (table.origin(session) != Loopback.NONE) {
            return false;
        }
        long high = table.remoteHigh(session);
        long low = table.remoteLow(session);
        return !(Ip.isMapped(high, low) ? addresses.ipv4() : addresses.ipv6()).isPod(high, low);
    }

    private boolean isWorthIt(int session) {
        int state = table.state(session);
        return switch (table.protocol(session)) {
            case Protocols.TCP -> TcpState.isOpen(state) || TcpState.isNew(state);
            // What a DHCP client says of itself is looked at.
            case Protocols.UDP ->
                    isStream(session) && table.remotePort(session) != Dhcp.SERVER_PORT;
            default -> false;
        };
    }

    /** Not a query that is answered once or never, which is walked for less than it costs here. */
    private boolean isStream(int session) {
        long out = table.framesOut(session);
        long in = table.framesIn(session);
        return out > 0 && in > 0 || out + in >= ONE_WAY_FRAMES;
    }

    /** All frames that were received have been sent. */
    void settle() {
        for (int i = 0; i < waitingCount; i++) {
            int session = waiting[i];
            if (!table.isCarried(session) && mayBeCarried(session)) {
                carry(session);
            }
        }
        waitingCount = 0;
        opened.expect(hasRoomToOpen());
    }

    /** There is no session: nobody will look for those that are opened. */
    void rest(long nowNs) {
        if (flows.isOn()) {
            opened.expect(false);
            readNotes(nowNs);
        }
    }

    private boolean carry(int session) {
        int state = table.state(session);
        int saidOut = TcpState.said(state, true);
        int saidIn = TcpState.said(state, false);
        if (isTcp(session) && !table.isInbound(session)) {
            saidIn |= FlowTable.AWAITS_ANSWER;
        }
        int outward = ofSession.add(table, session, FlowTable.OUTWARD, saidOut);
        if (outward == FlowTable.NONE) {
            return false;
        }
        int inward = ofSession.add(table, session, FlowTable.INWARD, saidIn);
        if (inward == FlowTable.NONE) {
            flows.remove(outward);
            return false;
        }
        carry(session, outward, inward);
        return true;
    }

    /** The session has these flows. */
    void carry(int session, int outward, int inward) {
        flows.session(outward, session);
        flows.session(inward, session);
        table.carried(session, true);
        count++;
        if (isDatagramsByService(session)) {
            datagramsByService.set(outward);
        }
    }

    /** The place of that flow of the session, or {@link FlowTable#NONE}. */
    int find(int session, int direction) {
        return ofSession.find(table, session, direction);
    }

    /** The session's counts, times and state are as what was carried until now has made them. */
    void count(int session, long nowNs) {
        if (table.isCarried(session)) {
            count(session, find(session, FlowTable.OUTWARD), nowNs);
        }
    }

    private void count(int session, int outward, long nowNs) {
        int inward = find(session, FlowTable.INWARD);
        count(session, outward, inward, nowNs);
        boolean isReset = isSaid(outward, FlowTable.SAID_RST) || isSaid(inward, FlowTable.SAID_RST);
        if (isReset || isTcp(session) && TcpState.isClosed(table.state(session))) {
            release(session);
        }
    }

    private boolean isSaid(int place, int bits) {
        return (flows.said(place) & bits) != 0;
    }

    private void count(int session, int outward, int inward, long nowNs) {
        boolean isTcp = isTcp(session);
        int lifetime = table.lifetime(session);
        if (isTcp) {
            int state =
                    TcpState.after(
                            table.state(session),
                            flows.said(outward),
                            flows.said(inward),
                            isReset(outward, inward));
            table.state(session, state);
            lifetime = TcpState.lifetime(state);
        }
        long lastNs = flows.lastNs(outward);
        if (isTcp || refresh == NatPolicy.Refresh.BOTH) {
            lastNs = Math.max(lastNs, flows.lastNs(inward));
        }
        long framesOut = flows.takeFrames(outward);
        long framesIn = flows.takeFrames(inward);
        table.addCarried(session, framesOut, framesIn, lifetime, lastNs, nowNs);
    }

    /** Nothing has come from the other side since: it would go on (RFC 7857 2.2). */
    private boolean isReset(int outward, int inward) {
        boolean byGuest = isSaid(outward, FlowTable.SAID_RST);
        boolean byRemote = isSaid(inward, FlowTable.SAID_RST);
        long outNs = flows.lastNs(outward);
        long inNs = flows.lastNs(inward);
        return byGuest && (byRemote || inNs <= outNs) || byRemote && outNs <= inNs;
    }

    /**
     * Connections that were opened or have ended are up to date, but for those whose notes are
     * lost.
     */
    void readNotes(long nowNs) {
        if (isReading) {
            return; // for a session that is being made
        }
        isReading = true;
        for (long left = Math.min(flows.notes().left(), FlowNotes.MOST); left > 0; left--) {
            int place = flows.notes().read();
            if (place == FlowTable.NONE) {
                break;
            }
            int session = flows.isUsed(place) ? session(place) : SessionTable.NONE;
            if (session != SessionTable.NONE) {
                count(session, nowNs);
            }
        }
        isReading = false;
    }

    /** The session of a flow, or NONE: it cannot have one, and is there no more. */
    private int session(int place) {
        int session = flows.session(place);
        return session == FlowTable.NONE ? opened.adopt(place) : session;
    }

    /**
     * The session of that lifetime that was idle longest, or {@link SessionTable#NONE}: of a few,
     * to be quick.
     */
    int oldest(int lifetime, long nowNs) {
        int session = table.oldest(lifetime);
        for (int i = 0; i < LOOKED_AT && session != SessionTable.NONE; i++) {
            count(session, nowNs);
            int oldest = table.oldest(lifetime);
            if (oldest == session) {
                return session;
            }
            session = oldest; // the other one was carried lately, or has opened
        }
        if (session != SessionTable.NONE) {
            count(session, nowNs);
        }
        return session != SessionTable.NONE && table.lifetime(session) == lifetime
                ? session
                : SessionTable.NONE;
    }

    /** The session's frames are walked, from the next one on. */
    void release(int session) {
        if (!table.isCarried(session)) {
            return;
        }
        int outward = find(session, FlowTable.OUTWARD);
        int inward = find(session, FlowTable.INWARD);
        flows.remove(outward);
        flows.remove(inward);
        datagramsByService.clear(outward);
        count(session, outward, inward, table.lastSeenNs(session));
        table.carried(session, false);
        count--;
    }

    /** UDP sessions by a Service that does not hold any more are walked from the next frame on. */
    void releaseStaleDatagrams() {
        for (int place = datagramsByService.nextSetBit(0);
                place >= 0;
                place = datagramsByService.nextSetBit(place + 1)) {
            int session = flows.session(place);
            if (!holds.test(session)) {
                release(session);
            }
        }
    }

    /** Those of all sessions; they come back when they are used. */
    void releaseAll() {
        waitingCount = 0;
        opened.forget();
        for (int place = 0; place < flows.capacity(); place++) {
            int session = flows.isUsed(place) ? session(place) : SessionTable.NONE;
            if (session != SessionTable.NONE) {
                release(session);
            }
        }
    }

    /** Once a second: what was noted, and counts a part of them. */
    void sweep(long nowNs) {
        if (count == 0 && flows.notes().left() == 0) {
            return;
        }
        if (flows.notes().left() > MANY_NOTES) {
            readNotes(nowNs);
        }
        if (nowNs - sweptNs < SWEEP_NS) {
            return;
        }
        sweptNs = nowNs;
        readNotes(nowNs);
        int part = (flows.capacity() + SWEEPS - 1) / SWEEPS;
        for (int i = 0; i < part; i++) {
            if (flows.isUsed(swept) && flows.isOutward(swept)) {
                look(swept, nowNs);
            }
            swept = swept + 1 == flows.capacity() ? 0 : swept + 1;
        }
    }

    private void look(int outward, long nowNs) {
        int session = session(outward);
        if (session == SessionTable.NONE) {
            return;
        }
        count(session, outward, nowNs);
        boolean isCrowded = count > flows.capacity() / CROWDED;
        if (isCrowded && nowNs - table.lastSeenNs(session) > IDLE_NS) {
            release(session);
        }
    }

    /** From now on. */
    void change(NatPolicy policy) {
        releaseAll();
        set(policy);
    }

    /** The same sessions in another table; none of them is carried yet. */
    void moveTo(SessionTable larger) {
        table = larger;
    }
}
