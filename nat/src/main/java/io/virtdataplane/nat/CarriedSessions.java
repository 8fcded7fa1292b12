package io.virtdataplane.nat;

import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.wire.Dhcp;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.util.function.IntUnaryOperator;

/**
 * Which sessions the kernel carries itself ({@link FlowTable}): those of TCP that are established
 * in both directions, and those of UDP that are so, or that are a stream in one of them. What
 * opens, closes or breaks a session is always walked, so it stays as it is while it is carried; a
 * session that changes is walked again from the next frame on. Worker's thread.
 *
 * <p>Where the table is more than half full, sessions that are idle make room in it.
 *
 * <p>A session is handed over when all frames that were received have been sent ({@link #settle}):
 * one that waits here would be overtaken by those that the kernel carries. What was carried is
 * counted when somebody asks, when the session ends, and every {@link #SWEEPS} seconds, so that
 * lists by idle time are right to that.
 */
final class CarriedSessions {
    private static final int ONE_WAY_FRAMES = 4;
    private static final int MOST_WAITING = 256;
    private static final int SWEEPS = 16;
    private static final int LOOKED_AT = 8;
    private static final long SWEEP_NS = 1_000_000_000L;
    private static final int CROWDED = 4; // two flows a session: half of the table is used
    private static final long IDLE_NS = 10 * SWEEP_NS;

    private final FlowTable flows;
    private final DualStack addresses;
    private final int[] waiting = new int[MOST_WAITING];
    private int waitingCount;
    private SessionTable table;
    private NatPolicy.Refresh refresh;
    private int swept;
    private long sweptNs;
    private int count;

    CarriedSessions(FlowTable flows, DualStack addresses, SessionTable table, NatPolicy policy) {
        this.flows = flows;
        this.addresses = addresses;
        this.table = table;
        this.refresh = policy.behaviour().refresh();
    }

    /** How many there are. */
    int count() {
        return count;
    }

    /** A frame of the session was walked, and has changed it or not. */
    void used(int session) {
        if (!flows.isOn()) {
            return;
        }
        boolean mayBe = mayBeCarried(session);
        if (table.isCarried(session)) {
            if (!mayBe) {
                release(session);
            }
        } else if (mayBe && waitingCount < MOST_WAITING) {
            waiting[waitingCount++] = session;
        }
    }

    private boolean mayBeCarried(int session) {
        if (!isEstablished(session)
                || table.origin(session) != Loopback.NONE
                || table.hasFrontEnd(session)) {
            return false;
        }
        long high = table.remoteHigh(session);
        long low = table.remoteLow(session);
        return !(Ip.isMapped(high, low) ? addresses.ipv4() : addresses.ipv6()).isPod(high, low);
    }

    private boolean isEstablished(int session) {
        return switch (table.protocol(session)) {
            case Protocols.TCP -> TcpState.isOpen(table.state(session));
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
    }

    private void carry(int session) {
        int outside = table.outsidePort(session);
        int inside = table.insidePort(session);
        int outward = add(session, FlowTable.OUTWARD, inside, outside);
        if (outward == FlowTable.NONE) {
            return;
        }
        if (add(session, FlowTable.INWARD, outside, inside) == FlowTable.NONE) {
            flows.remove(outward);
            return;
        }
        table.carried(session, true);
        count++;
    }

    /**
     * What the kernel carries since an earlier run: flows whose session is not there, or whose
     * other half is missing, are walked again.
     *
     * @param make a session of this outward flow, by its place, or {@link SessionTable#NONE}
     * @return how many sessions are carried
     */
    int resume(IntUnaryOperator make) {
        for (int place = 0; place < flows.capacity(); place++) {
            if (flows.isUsed(place) && flows.isOutward(place)) {
                resume(place, make);
            }
        }
        for (int place = 0; place < flows.capacity(); place++) {
            if (flows.isUsed(place) && !flows.isOutward(place) && !isResumed(place)) {
                flows.remove(place);
            }
        }
        return count;
    }

    private void resume(int outward, IntUnaryOperator make) {
        int session = lookup(outward, SessionTable.OUTWARD);
        if (session == SessionTable.NONE) {
            session = make.applyAsInt(outward);
        }
        if (session == SessionTable.NONE
                || table.isCarried(session)
                || table.outsidePort(session) != flows.becomes(outward)
                || !mayBeCarried(session)) {
            flows.remove(outward);
            return;
        }
        int inward = find(session, FlowTable.INWARD);
        if (inward == FlowTable.NONE) {
            flows.remove(outward);
            return;
        }
        flows.session(outward, session);
        flows.session(inward, session);
        table.carried(session, true);
        count++;
    }

    private boolean isResumed(int inward) {
        int session = lookup(inward, SessionTable.INWARD);
        return session != SessionTable.NONE
                && table.isCarried(session)
                && table.insidePort(session) == flows.becomes(inward);
    }

    private int lookup(int place, int direction) {
        return table.lookup(
                direction,
                flows.protocol(place),
                flows.localPort(place),
                flows.remoteHigh(place),
                flows.remoteLow(place),
                flows.remotePort(place));
    }

    private int add(int session, int direction, int localPort, int becomes) {
        long high = table.remoteHigh(session);
        long low = table.remoteLow(session);
        return flows.add(
                session,
                direction,
                table.protocol(session),
                localPort,
                becomes,
                high,
                low,
                table.remotePort(session),
                !Ip.isMapped(high, low));
    }

    private int find(int session, int direction) {
        long high = table.remoteHigh(session);
        long low = table.remoteLow(session);
        return flows.find(
                direction,
                table.protocol(session),
                direction == FlowTable.OUTWARD
                        ? table.insidePort(session)
                        : table.outsidePort(session),
                high,
                low,
                table.remotePort(session),
                !Ip.isMapped(high, low));
    }

    /** The session's counts and times include what was carried until now. */
    void count(int session, long nowNs) {
        if (table.isCarried(session)) {
            count(session, find(session, FlowTable.OUTWARD), nowNs);
        }
    }

    private void count(int session, int outward, long nowNs) {
        count(session, outward, find(session, FlowTable.INWARD), nowNs);
    }

    private void count(int session, int outward, int inward, long nowNs) {
        long lastNs = flows.lastNs(outward);
        boolean refreshes =
                table.protocol(session) == Protocols.TCP || refresh == NatPolicy.Refresh.BOTH;
        if (refreshes) {
            lastNs = Math.max(lastNs, flows.lastNs(inward));
        }
        table.addCarried(
                session, flows.takeFrames(outward), flows.takeFrames(inward), lastNs, nowNs);
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
                break;
            }
            session = oldest; // the other one was carried lately
        }
        return session;
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
        count(session, outward, inward, table.lastSeenNs(session));
        table.carried(session, false);
        count--;
    }

    /** Those of all sessions; they come back when they are used. */
    void releaseAll() {
        waitingCount = 0;
        for (int place = 0; place < flows.capacity() && count > 0; place++) {
            if (flows.isUsed(place)) {
                release(flows.session(place));
            }
        }
    }

    /** Counts a part of them, once a second. */
    void sweep(long nowNs) {
        if (count == 0 || nowNs - sweptNs < SWEEP_NS) {
            return;
        }
        sweptNs = nowNs;
        int part = (flows.capacity() + SWEEPS - 1) / SWEEPS;
        for (int i = 0; i < part; i++) {
            if (flows.isUsed(swept) && flows.isOutward(swept)) {
                look(flows.session(swept), swept, nowNs);
            }
            swept = swept + 1 == flows.capacity() ? 0 : swept + 1;
        }
    }

    private void look(int session, int outward, long nowNs) {
        count(session, outward, nowNs);
        boolean isCrowded = count > flows.capacity() / CROWDED;
        if (isCrowded && nowNs - table.lastSeenNs(session) > IDLE_NS) {
            release(session);
        }
    }

    /** From now on. */
    void change(NatPolicy policy) {
        releaseAll();
        refresh = policy.behaviour().refresh();
    }

    /** The same sessions in another table; none of them is carried yet. */
    void moveTo(SessionTable larger) {
        table = larger;
    }
}
