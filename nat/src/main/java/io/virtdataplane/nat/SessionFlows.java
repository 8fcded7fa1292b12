package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.dataplane.RemoteEnd;

/**
 * The two flows of a session, as {@link FlowTable} has them, and what they say of it. Worker's
 * thread.
 */
final class SessionFlows {
    private final FlowTable flows;
    private final RemoteEnd outside = new RemoteEnd(); // of the session that is looked at
    private final RemoteEnd addressed = new RemoteEnd();

    SessionFlows(FlowTable flows) {
        this.flows = flows;
    }

    /** The place of that flow from now on, or {@link FlowTable#NONE}. */
    int add(SessionTable table, int session, int direction) {
        boolean isOutward = direction == FlowTable.OUTWARD;
        int insidePort = table.insidePort(session);
        int outsidePort = table.outsidePort(session);
        readEnds(table, session);
        RemoteEnd other = isOutward ? outside : addressed;
        return flows.add(
                session,
                direction,
                table.protocol(session),
                isOutward ? insidePort : outsidePort,
                isOutward ? outsidePort : insidePort,
                isOutward ? addressed : outside,
                table.hasFrontEnd(session) ? other : null,
                said(table, session, isOutward));
    }

    /** What is known of this flow's sender before it is carried. */
    private static int said(SessionTable table, int session, boolean isOutward) {
        boolean isOpener = isOutward != table.isInbound(session);
        boolean awaitsAnswer = !isOutward && !isOpener && CarryRules.isTcp(table, session);
        return TcpState.said(table.state(session), isOutward)
                | (isOpener ? FlowTable.OPENED : 0)
                | (awaitsAnswer ? FlowTable.AWAITS_ANSWER : 0);
    }

    /** The session's counts, times and state are as its flows have made them until now. */
    void tell(
            SessionTable table,
            int session,
            int outward,
            int inward,
            NatPolicy.Refresh refresh,
            long nowNs) {
        boolean isTcp = CarryRules.isTcp(table, session);
        int lifetime = table.lifetime(session);
        if (isTcp) {
            int state =
                    TcpState.after(
                            table.state(session),
                            flows.said(outward),
                            flows.said(inward),
                            isLastReset(outward, inward));
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

    /** One of both ends has reset the connection. */
    boolean isReset(int outward, int inward) {
        return hasReset(outward) || hasReset(inward);
    }

    private boolean hasReset(int place) {
        return (flows.said(place) & FlowTable.SAID_RST) != 0;
    }

    /** Nothing has come from the other side since: it would go on (RFC 7857 2.2). */
    private boolean isLastReset(int outward, int inward) {
        boolean byGuest = hasReset(outward);
        boolean byRemote = hasReset(inward);
        long outNs = flows.lastNs(outward);
        long inNs = flows.lastNs(inward);
        return byGuest && (byRemote || inNs <= outNs) || byRemote && outNs <= inNs;
    }

    /** The place of that flow, or {@link FlowTable#NONE}. */
    int find(SessionTable table, int session, int direction) {
        boolean isOutward = direction == FlowTable.OUTWARD;
        readEnds(table, session);
        return flows.find(
                direction,
                table.protocol(session),
                isOutward ? table.insidePort(session) : table.outsidePort(session),
                isOutward ? addressed : outside);
    }

    /** Who is outside, and as whom the guest addresses it. */
    private void readEnds(SessionTable table, int session) {
        outside.set(table.remoteHigh(session), table.remoteLow(session), table.remotePort(session));
        addressed.set(outside.high(), outside.low(), outside.port());
        if (table.hasFrontEnd(session)) {
            FrontEnds fronts = table.frontEnds();
            addressed.set(fronts.high(session), fronts.low(session), fronts.port(session));
        }
    }
}
