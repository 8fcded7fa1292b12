package io.virtdataplane.nat;

/**
 * How long an idle session lives, in nanoseconds.
 *
 * @param tcpEstablished RFC 5382 REQ-5: at least 2 h 4 min
 * @param tcpTransitory RFC 5382 REQ-5: at least 4 min; also for connections that are closed
 * @param udp RFC 4787 REQ-5: at least 2 min, 5 recommended
 * @param icmp RFC 5508 REQ-2: at least 60 s
 */
public record Timeouts(long tcpEstablished, long tcpTransitory, long udp, long icmp) {
    private static final long SECOND = 1_000_000_000L;
    public static final Timeouts DEFAULT =
            new Timeouts(7440 * SECOND, 240 * SECOND, 300 * SECOND, 60 * SECOND);

    long of(int lifetime) {
        return switch (lifetime) {
            case Lifetime.TCP_ESTABLISHED -> tcpEstablished;
            case Lifetime.TCP_TRANSITORY, Lifetime.TCP_CLOSED -> tcpTransitory;
            case Lifetime.UDP -> udp;
            default -> icmp;
        };
    }
}
