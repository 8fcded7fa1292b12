package io.virtdataplane.nat;

import io.virtdataplane.dataplane.FlowTable;
import io.virtdataplane.dataplane.Openings;
import io.virtdataplane.dataplane.RemoteEnd;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Tcp;

/**
 * TCP connections and UDP sessions that the kernel opens itself ({@link Openings}): which ones it
 * may, and the sessions of those that it has. A session is made before another frame of the NIC is
 * walked, so no stage ever sees a flow without one. Worker's thread.
 *
 * <p>Where openings are counted by a rate, or a mesh or a drained guest is to be asked, all are
 * walked.
 */
final class OpenedSessions {
    /** Fewer wake the worker more often, more wait longer for their session. */
    private static final int AT_ONCE = 512;

    private final FlowTable flows;
    private final Openings openings;
    private final Sessions sessions;
    private final CarriedSessions carried;
    private final RemoteEnd remote = new RemoteEnd(); // of the flow that is looked at
    private long adopted;

    OpenedSessions(FlowTable flows, Sessions sessions, CarriedSessions carried) {
        this.flows = flows;
        this.openings = flows.openings();
        this.sessions = sessions;
        this.carried = carried;
    }

    /**
     * The session, which a first frame has opened, was let in by rules that hold for others, too.
     */
    void another(int session) {
        SessionTable table = sessions.table();
        int outside = table.outsidePort(session);
        if (table.hasFrontEnd(session)) {
            revoke(session);
            return;
        }
        boolean inbound = table.isInbound(session);
        if (!areAllowed() || inbound && outside != table.insidePort(session)) {
            return;
        }
        long high = table.remoteHigh(session);
        long low = table.remoteLow(session);
        openings.grant(
                inbound ? FlowTable.INWARD : FlowTable.OUTWARD,
                table.protocol(session),
                high,
                low,
                inbound ? outside : table.remotePort(session),
                !Ip.isMapped(high, low));
    }

    /** Its endpoint's answers are not what the endpoint may ask of the guest's own port. */
    private void revoke(int session) {
        SessionTable table = sessions.table();
        long high = table.remoteHigh(session);
        long low = table.remoteLow(session);
        openings.revoke(
                FlowTable.INWARD,
                table.protocol(session),
                high,
                low,
                table.outsidePort(session),
                !Ip.isMapped(high, low));
    }

    private boolean areAllowed() {
        NatPolicy policy = sessions.policy();
        return policy.limits().sessionsPerSecond() == 0
                && policy.mesh().kind() == MeshPolicy.Kind.NONE
                && !sessions.isDrained();
    }

    /**
     * From now on a few may be opened, or none.
     *
     * @param room in the flow table, in sessions
     */
    void expect(int room) {
        int size = sessions.table().size();
        int most = Math.min(room, sessions.policy().limits().sessions() - size);
        openings.most(size > 0 ? Math.clamp(most, 0, AT_ONCE) : 0);
    }

    /** What was allowed is no more. */
    void forget() {
        openings.forget();
    }

    /** How many were opened by the kernel, of all times. */
    long adopted() {
        return adopted;
    }

    /** The session of a flow that the kernel has added; or NONE: it may not have one, and ends. */
    int adopt(int place) {
        int outward = flows.isOutward(place) ? place : other(place, FlowTable.OUTWARD);
        int inward = flows.isOutward(place) ? other(place, FlowTable.INWARD) : place;
        boolean isWhole = outward != FlowTable.NONE && inward != FlowTable.NONE;
        int session = isWhole ? session(outward, inward) : SessionTable.NONE;
        if (session == SessionTable.NONE) {
            openings.forget(); // the next one like it is walked
        } else {
            carried.carry(session, outward, inward);
            adopted++;
        }
        end(place);
        return session;
    }

    /** What there is of this flow without a session; its port is whose it was before. */
    private void end(int place) {
        int protocol = flows.protocol(place);
        int port = flows.localPort(place);
        flows.remote(place, remote);
        flows.removeOpened(FlowTable.OUTWARD, protocol, port, remote);
        flows.removeOpened(FlowTable.INWARD, protocol, port, remote);
        boolean ipv6 = !Ip.isMapped(remote.high(), remote.low());
        sessions.numbers().steer(ipv6, protocol, port);
    }

    private int other(int place, int direction) {
        flows.remote(place, remote);
        int other = flows.find(direction, flows.protocol(place), flows.localPort(place), remote);
        return other != FlowTable.NONE && flows.session(other) == FlowTable.NONE
                ? other
                : FlowTable.NONE;
    }

    /**
     * A new one, or one with the same ends: of an earlier connection, or of frames that were
     * walked.
     */
    private int session(int outward, int inward) {
        boolean byGuest = (flows.said(outward) & FlowTable.OPENED) != 0;
        long openedNs = flows.lastNs(byGuest ? outward : inward);
        int earlier = lookup(SessionTable.OUTWARD, outward);
        if (earlier != SessionTable.NONE && sessions.isOver(earlier, openedNs)) {
            sessions.end(earlier);
            earlier = SessionTable.NONE;
        }
        return earlier == SessionTable.NONE
                ? open(outward, byGuest, openedNs)
                : openAgain(earlier, outward, byGuest);
    }

    private int open(int outward, boolean byGuest, long openedNs) {
        int port = flows.localPort(outward);
        if (lookup(SessionTable.INWARD, outward) != SessionTable.NONE) {
            return SessionTable.NONE; // another port of the guest has it by now
        }
        int session =
                sessions.open(
                        flows.protocol(outward),
                        port,
                        port,
                        remote.high(),
                        remote.low(),
                        remote.port(),
                        byGuest ? 0 : SessionTable.INBOUND,
                        openedNs);
        return Sessions.isRefused(session) ? SessionTable.NONE : session;
    }

    private int openAgain(int session, int outward, boolean byGuest) {
        SessionTable table = sessions.table();
        if (table.isCarried(session)
                || table.hasFrontEnd(session)
                || table.isWalked(session)
                || table.outsidePort(session) != flows.becomes(outward)
                || !carried.rules().isBetweenGuestAndOutside(table, session)) {
            return SessionTable.NONE;
        }
        if (CarryRules.isTcp(table, session)) {
            table.state(session, TcpState.next(table.state(session), Tcp.SYN, byGuest));
        }
        return session;
    }

    private int lookup(int direction, int place) {
        flows.remote(place, remote);
        return sessions.table()
                .lookup(
                        direction,
                        flows.protocol(place),
                        flows.localPort(place),
                        remote.high(),
                        remote.low(),
                        remote.port());
    }
}
