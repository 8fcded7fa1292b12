package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.dataplane.RemoteEnd;

/** The two flows of a session, as {@link FlowTable} has them. Worker's thread. */
final class SessionFlows {
    private final FlowTable flows;
    private final RemoteEnd outside = new RemoteEnd(); // of the session that is looked at
    private final RemoteEnd addressed = new RemoteEnd();

    SessionFlows(FlowTable flows) {
        this.flows = flows;
    }

    /** The place of that flow from now on, or {@link FlowTable#NONE}. */
    int add(SessionTable table, int session, int direction, int said) {
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
                said);
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
