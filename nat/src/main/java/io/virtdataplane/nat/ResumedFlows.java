package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FlowTable;
import java.util.function.IntUnaryOperator;

/**
 * What the kernel carries since an earlier run: flows whose session is not there, or whose other
 * half is missing, are walked again.
 */
final class ResumedFlows {
    private final FlowTable flows;
    private final CarriedSessions carried;
    private final SessionTable table;

    ResumedFlows(FlowTable flows, CarriedSessions carried, SessionTable table) {
        this.flows = flows;
        this.carried = carried;
        this.table = table;
    }

    /**
     * @param make a session of this outward flow, by its place, or {@link SessionTable#NONE}
     */
    void resume(IntUnaryOperator make, long nowNs) {
        for (int place = 0; place < flows.capacity(); place++) {
            if (flows.isUsed(place) && flows.isOutward(place)) {
                resume(place, make, nowNs);
            }
        }
        for (int place = 0; place < flows.capacity(); place++) {
            if (flows.isUsed(place) && !flows.isOutward(place) && !isResumed(place)) {
                flows.remove(place);
            }
        }
    }

    private void resume(int outward, IntUnaryOperator make, long nowNs) {
        int session = lookup(outward, SessionTable.OUTWARD);
        if (session == SessionTable.NONE) {
            session = make.applyAsInt(outward);
        }
        if (session == SessionTable.NONE
                || table.isCarried(session)
                || table.outsidePort(session) != flows.becomes(outward)
                || !carried.isBetweenGuestAndOutside(session)) {
            flows.remove(outward);
            return;
        }
        int inward = carried.find(session, FlowTable.INWARD);
        if (inward == FlowTable.NONE) {
            flows.remove(outward);
            return;
        }
        carried.carry(session, outward, inward);
        carried.count(session, nowNs);
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
}
