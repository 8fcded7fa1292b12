package io.virtdataplane.nat;

import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.FlowNotes;
import io.virtdataplane.dataplane.FlowTable;
import java.util.BitSet;
import java.util.function.IntPredicate;

/**
 * Which sessions the kernel carries itself ({@link FlowTable}): TCP connections from their first
 * SYN on, which is walked, or from when both sides have sent; UDP sessions where they have, or that
 * are a stream in one direction; and those that it opens itself ({@link OpenedSessions}). Worker's
 * thread.
 *
 * <p>What is new gets no place where the table is half full, so that a flood of SYNs or of queries
 * leaves those sessions alone that are established. From a quarter on those that are idle make room
 * in it.
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
    private static final int MOST_WAITING = 256;
    private static final int SWEEPS = 16;
    private static final int LOOKED_AT = 8;
    private static final long SWEEP_NS = 1_000_000_000L;
    private static final int CROWDED = 4; // two flows a session: half of the table
    private static final int ROOMY = 8; // half of the room that new ones have
    private static final int MANY_NOTES = FlowNotes.MOST / 4;
    private static final int MOST_SWEPT = 8192; // at once, to make room
    private static final long IDLE_NS = 10 * SWEEP_NS;
    private static final long IDLE_DATAGRAMS_NS = SWEEP_NS; // most are queries that were answered

    private final FlowTable flows;
    private final SessionFlows ofSession;
    private final CarryRules rules;
    private final int[] waiting = new int[MOST_WAITING];
    private OpenedSessions opened;
    private int waitingCount;
    private SessionTable table;
    private NatPolicy.Refresh refresh;
    private int swept;
    private long sweptNs;
    private int count;
    private boolean isReading;
    private final BitSet datagramsByService = new BitSet(); // places of their outward flows

    CarriedSessions(FlowTable flows, DualStack addresses, SessionTable table, NatPolicy policy) {
        this.flows = flows;
        this.ofSession = new SessionFlows(flows);
        this.rules = new CarryRules(addresses);
        this.table = table;
        set(policy);
    }

    private void set(NatPolicy policy) {
        refresh = policy.behaviour().refresh();
        flows.nic().segment(policy.behaviour().maxSegmentSize());
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
        rules.ask(newHolds);
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
        boolean mayBeCarried = rules.mayBeCarried(table, session);
        if (mayBeCarried && CarryRules.isNewConnection(table, session)) {
            if (roomToOpen() > 0 && carry(session)) {
                opened.another(session);
            }
        } else if ((mayBeCarried || CarryRules.isFirstDatagram(table, session))
                && waitingCount < MOST_WAITING) {
            waiting[waitingCount++] = session;
        }
    }

    CarryRules rules() {
        return rules;
    }

    /** For how many sessions that may never be answered. */
    private int roomToOpen() {
        return flows.capacity() / CROWDED - count;
    }

    private boolean isShortOfRoom() {
        return roomToOpen() < flows.capacity() / ROOMY;
    }

    /** All frames that were received have been sent. */
    void settle() {
        for (int i = 0; i < waitingCount; i++) {
            int session = waiting[i];
            if (table.isCarried(session)) {
                continue;
            }
            if (rules.mayBeCarried(table, session)) {
                carry(session);
            }
            if (rules.hasOthersAlike(table, session)) {
                opened.another(session);
            }
        }
        waitingCount = 0;
        opened.expect(roomToOpen());
    }

    /** There is no session: nobody will look for those that are opened. */
    void rest(long nowNs) {
        if (flows.isOn()) {
            opened.expect(0);
            readNotes(nowNs);
        }
    }

    private boolean carry(int session) {
        int outward = findOrAdd(session, FlowTable.OUTWARD);
        int inward = findOrAdd(session, FlowTable.INWARD);
        if (outward == FlowTable.NONE || inward == FlowTable.NONE) {
            remove(outward);
            remove(inward);
            return false;
        }
        carry(session, outward, inward);
        return true;
    }

    /** The kernel may have opened it meanwhile, or a plain one where both ends are translated. */
    private int findOrAdd(int session, int direction) {
        int place = find(session, direction);
        if (place != FlowTable.NONE && flows.changesRemote(place) != table.hasFrontEnd(session)) {
            remove(place);
            place = FlowTable.NONE;
        }
        return place == FlowTable.NONE ? ofSession.add(table, session, direction) : place;
    }

    private void remove(int place) {
        if (place != FlowTable.NONE) {
            datagramsByService.clear(place);
            flows.remove(place);
        }
    }

    /** The session has these flows. */
    void carry(int session, int outward, int inward) {
        flows.session(outward, session);
        flows.session(inward, session);
        table.carried(session, true);
        count++;
        if (CarryRules.isDatagramsByService(table, session)) {
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
        if (outward == FlowTable.NONE || inward == FlowTable.NONE) {
            release(session);
            return;
        }
        ofSession.tell(table, session, outward, inward, refresh, nowNs);
        if (ofSession.isReset(outward, inward)
                || CarryRules.isTcp(table, session) && TcpState.isClosed(table.state(session))) {
            release(session);
        }
    }

    /**
     * What was opened, and connections that have ended, are up to date, but for those whose notes
     * are lost. True where anything was opened.
     */
    boolean readNotes(long nowNs) {
        if (isReading) {
            return false; // for a session that is being made
        }
        isReading = true;
        long before = opened.adopted();
        try {
            readAll(nowNs);
        } finally {
            isReading = false;
        }
        return opened.adopted() != before;
    }

    private void readAll(long nowNs) {
        for (long left = Math.min(flows.notes().left(), FlowNotes.MOST); left > 0; left--) {
            int place = flows.notes().read();
            if (place == FlowTable.NONE) {
                return;
            }
            int session = flows.isUsed(place) ? session(place) : SessionTable.NONE;
            if (session != SessionTable.NONE) {
                count(session, nowNs);
            }
        }
    }

    /** The session of a flow, or NONE: it cannot have one, and is there no more. */
    private int session(int place) {
        int session = flows.session(place);
        if (session != FlowTable.NONE) {
            return session;
        }
        boolean wasReading = isReading;
        isReading = true;
        try {
            return opened.adopt(place);
        } finally {
            isReading = wasReading;
        }
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
        if (outward != FlowTable.NONE && inward != FlowTable.NONE) {
            flows.hide(outward); // and nobody has its place until it is counted
            flows.hide(inward);
            ofSession.tell(table, session, outward, inward, refresh, table.lastSeenNs(session));
        }
        remove(outward);
        remove(inward);
        table.carried(session, false);
        count--;
    }

    /** UDP sessions by a Service that does not hold any more are walked from the next frame on. */
    void releaseStaleDatagrams() {
        for (int place = datagramsByService.nextSetBit(0);
                place >= 0;
                place = datagramsByService.nextSetBit(place + 1)) {
            int session = flows.session(place);
            if (!rules.holds(session)) {
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
            if (flows.isUsed(place)) {
                remove(place); // of no session
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
        if (isShortOfRoom()) {
            part = Math.max(part, Math.min(flows.capacity() / 2, MOST_SWEPT));
        }
        for (int i = 0; i < part; i++) {
            if (flows.isUsed(swept)) {
                look(swept, nowNs);
            }
            swept = swept + 1 == flows.capacity() ? 0 : swept + 1;
        }
    }

    private void look(int place, long nowNs) {
        int session = session(place);
        if (session == SessionTable.NONE) {
            return;
        }
        int direction = flows.isOutward(place) ? FlowTable.OUTWARD : FlowTable.INWARD;
        if (!table.isCarried(session) || find(session, direction) != place) {
            remove(place); // it was added twice
            return;
        }
        if (direction == FlowTable.INWARD) {
            return;
        }
        count(session, place, nowNs);
        long mostNs = CarryRules.isTcp(table, session) ? IDLE_NS : IDLE_DATAGRAMS_NS;
        if (isShortOfRoom() && nowNs - table.lastSeenNs(session) > mostNs) {
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
