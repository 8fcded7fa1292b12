package io.virtdataplane.nat;

import io.virtdataplane.wire.Protocols;

/**
 * A copy of one session for listings. For ICMP the ports are the query's identifier. The remote
 * address is as {@link io.virtdataplane.wire.Ip} holds it.
 */
public record SessionView(
        int protocol,
        int insidePort,
        int outsidePort,
        long remoteHigh,
        long remoteLow,
        int remotePort,
        boolean inbound,
        String state,
        long idleSeconds,
        long ageSeconds,
        long framesOut,
        long framesIn) {
    private static final long SECOND = 1_000_000_000L;

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
                table.insidePort(session),
                table.outsidePort(session),
                table.remoteHigh(session),
                table.remoteLow(session),
                table.remotePort(session),
                table.isInbound(session),
                state,
                (nowNs - table.lastSeenNs(session)) / SECOND,
                nowNs / SECOND - table.createdSeconds(session),
                table.framesOut(session),
                table.framesIn(session));
    }
}
