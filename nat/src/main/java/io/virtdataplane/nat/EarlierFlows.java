package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.dataplane.RemoteEnd;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;

/**
 * What the kernel has gone on carrying since an earlier run, which is all there is of one that was
 * killed: sessions are made of it where there are none. Flows that do not fit, or whose other half
 * is missing, are walked again.
 */
final class EarlierFlows {
    private final FlowTable flows;
    private final CarriedSessions carried;
    private final SessionTable table;
    private final EarlierSessions earlier;
    private final long nowNs;
    private final RemoteEnd inFrames = new RemoteEnd();
    private final RemoteEnd becomes = new RemoteEnd();

    EarlierFlows(
            FlowTable flows,
            CarriedSessions carried,
            SessionTable table,
            EarlierSessions earlier,
            long nowNs) {
        this.flows = flows;
        this.carried = carried;
        this.table = table;
        this.earlier = earlier;
        this.nowNs = nowNs;
    }

    /** After the sessions that the earlier run has written. */
    void resume() {
        for (int place = 0; place < flows.capacity(); place++) {
            if (flows.isUsed(place) && flows.isOutward(place) && !isResumedOutward(place)) {
                flows.remove(place);
            }
        }
        for (int place = 0; place < flows.capacity(); place++) {
            if (flows.isUsed(place) && !flows.isOutward(place) && !isResumedInward(place)) {
                flows.remove(place);
            }
        }
    }

    private boolean isResumedOutward(int outward) {
        int session = lookup(outward, SessionTable.OUTWARD);
        if (session == SessionTable.NONE) {
            session = open(outward);
        }
        if (session == SessionTable.NONE
                || table.isCarried(session)
                || table.outsidePort(session) != flows.becomes(outward)
                || !isAnsweredByRemote(session, outward)
                || !carried.rules().isBetweenGuestAndOutside(table, session)) {
            return false;
        }
        int inward = carried.find(session, FlowTable.INWARD);
        if (inward == FlowTable.NONE) {
            return false;
        }
        if (flows.session(outward) == FlowTable.NONE // opened while nobody was here
                && CarryRules.isTcp(table, session)) {
            boolean byGuest = (flows.said(outward) & FlowTable.OPENED) != 0;
            table.state(session, TcpState.next(table.state(session), Tcp.SYN, byGuest));
        }
        carried.carry(session, outward, inward);
        carried.count(session, nowNs);
        return true;
    }

    private boolean isAnsweredByRemote(int session, int outward) {
        flows.remoteBecomes(outward, becomes);
        return table.remoteLow(session) == becomes.low()
                && table.remotePort(session) == becomes.port()
                && table.remoteHigh(session) == becomes.high();
    }

    private boolean isResumedInward(int inward) {
        int session = lookup(inward, SessionTable.INWARD);
        return session != SessionTable.NONE
                && table.isCarried(session)
                && carried.find(session, FlowTable.INWARD) == inward;
    }

    private int lookup(int place, int direction) {
        flows.remote(place, inFrames);
        return table.lookup(
                direction,
                flows.protocol(place),
                flows.localPort(place),
                inFrames.high(),
                inFrames.low(),
                inFrames.port());
    }

    /** A session of this outward flow, which has none; or {@link SessionTable#NONE}. */
    private int open(int outward) {
        int protocol = flows.protocol(outward);
        int inside = flows.localPort(outward);
        int outside = flows.becomes(outward);
        flows.remoteBecomes(outward, becomes);
        boolean isKnown = protocol == Protocols.TCP || protocol == Protocols.UDP;
        if (!isKnown
                || !earlier.fits(
                        protocol, outside, becomes.high(), becomes.low(), becomes.port())) {
            return SessionTable.NONE;
        }
        int lifetime = Lifetime.ofNew(protocol);
        int session =
                earlier.open(
                        protocol,
                        inside,
                        outside,
                        becomes.high(),
                        becomes.low(),
                        becomes.port(),
                        lifetime,
                        0,
                        lastSeenNs(outward));
        if (flows.changesRemote(outward)) {
            flows.remote(outward, inFrames);
            table.frontEnd(session, inFrames.high(), inFrames.low(), inFrames.port());
        }
        table.addCarried(session, 1, 1, lifetime, 0, nowNs);
        return session;
    }

    /** That it is carried says that it was in use; not when, where nothing was since. */
    private long lastSeenNs(int place) {
        long lastNs = flows.lastNs(place);
        return lastNs != 0 && lastNs - nowNs <= 0 ? lastNs : nowNs;
    }
}
