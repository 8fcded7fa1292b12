package io.virtdataplane.nat;

import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Tcp;

/** A copy of one session for listings. For ICMP the ports are the query's identifier. */
public record SessionView(
        int protocol,
        int insidePort,
        int outsidePort,
        int remoteAddress,
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
                    case Tcp.PROTOCOL -> TcpState.text(table.tcpState(session));
                    case Icmp.PROTOCOL -> "QUERY";
                    default ->
                            table.framesIn(session) > 0 && table.framesOut(session) > 0
                                    ? "BOTH_WAYS"
                                    : "ONE_WAY";
                };
        return new SessionView(
                protocol,
                table.insidePort(session),
                table.outsidePort(session),
                (int) table.remoteLow(session),
                table.remotePort(session),
                table.isInbound(session),
                state,
                (nowNs - table.lastSeenNs(session)) / SECOND,
                nowNs / SECOND - table.createdSeconds(session),
                table.framesOut(session),
                table.framesIn(session));
    }
}
