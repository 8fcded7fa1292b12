package io.virtdataplane.console;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How often a password may be tried: {@value #OF_A_PEER} times at once from one address and then
 * once in half a minute; {@value #OF_ALL} times at once from all addresses and then ten times a
 * second, so that many addresses do not help. An IPv6 peer is its /64 network. Any thread.
 */
final class LoginLimit {
    static final int OF_A_PEER = 5;
    static final int OF_ALL = 50;
    static final int MOST_PEERS = 4096;
    private static final long PEER_NS = Duration.ofSeconds(30).toNanos();
    private static final long ALL_NS = Duration.ofMillis(100).toNanos();
    private static final int NETWORK_BYTES = 8;

    /** When the last try is paid for: the one number of a leaky bucket (GCRA). */
    private final Map<String, Long> paidNsByPeer =
            new LinkedHashMap<>() {
                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
                    return size() > MOST_PEERS;
                }
            };

    private final LongSupplier clock;
    private long allPaidNs;

    /**
     * @param clock in nanoseconds
     */
    LoginLimit(LongSupplier clock) {
        this.clock = clock;
        this.allPaidNs = clock.getAsLong();
    }

    /** Counts a try: 0 where it is allowed, otherwise how long to wait. Nothing is counted then. */
    synchronized Duration take(InetAddress peer) {
        long nowNs = clock.getAsLong();
        String key = key(peer);
        long paidNs = latest(nowNs, paidNsByPeer.getOrDefault(key, nowNs));
        long waitNs =
                Math.max(
                        paidNs - nowNs - (OF_A_PEER - 1) * PEER_NS,
                        latest(nowNs, allPaidNs) - nowNs - (OF_ALL - 1) * ALL_NS);
        if (waitNs > 0) {
            return Duration.ofNanos(waitNs);
        }
        allPaidNs = latest(nowNs, allPaidNs) + ALL_NS;
        paidNsByPeer.put(key, paidNs + PEER_NS);
        return Duration.ZERO;
    }

    /** The peer knew the password: what it tried before is forgotten. */
    synchronized void forget(InetAddress peer) {
        paidNsByPeer.remove(key(peer));
    }

    private static long latest(long a, long b) {
        return a - b > 0 ? a : b;
    }

    private static String key(InetAddress peer) {
        byte[] bytes = peer.getAddress();
        boolean isNetwork = peer instanceof Inet6Address;
        return HexFormat.of().formatHex(isNetwork ? Arrays.copyOf(bytes, NETWORK_BYTES) : bytes);
    }
}
