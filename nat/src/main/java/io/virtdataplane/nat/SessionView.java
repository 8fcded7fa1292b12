package io.virtdataplane.nat;

import io.virtdataplane.wire.Protocols;

/**
 * A copy of one session for listings.
 *
 * @param inbound it was opened from outside
 */
public record SessionView(
        int protocol, Endpoints endpoints, boolean inbound, String state, Use use) {
    private static final long SECOND = 1_000_000_000L;

    /** The guest's two ports, which of ICMP are the query's identifier, and who is out there. */
    public record Endpoints(int insidePort, int outsidePort, Remote remote) {}

    /** The address is as {@link io.virtdataplane.wire.Ip} holds it. */
    public record Remote(long high, long low, int port) {}

    /** How long it has been idle and there, and what it has carried. */
    public record Use(long idleSeconds, long ageSeconds, long framesOut, long framesIn) {}

    static SessionView of(SessionTable table, int session, long nowNs) {
        int protocol = table.protocol(session);
        String state =
                switch (protocol) {
                    case Protocols.TCP, Protocols.SCTP -> TcpState.text(table.state(session));
                    case Protocols.ICMP, Protocols.ICMPV6 -> "QUERY";
                    default ->
                            table.framesIn(session) > 0 && table.framesOut(session) > 0
                                    ? "BOTH_WAYS"
                                    : "ONE_WAY";
                };
        return new SessionView(
                protocol,
                endpoints(table, session),
                table.isInbound(session),
                state,
                use(table, session, nowNs));
    }

    private static Endpoints endpoints(SessionTable table, int session) {
        Remote remote =
                new Remote(
                        table.remoteHigh(session),
                        table.remoteLow(session),
                        table.remotePort(session));
        return new Endpoints(table.insidePort(session), table.outsidePort(session), remote);
    }

    private static Use use(SessionTable table, int session, long nowNs) {
        return new Use(
                (nowNs - table.lastSeenNs(session)) / SECOND,
                nowNs / SECOND - table.createdSeconds(session),
                table.framesOut(session),
                table.framesIn(session));
    }
}
