package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Ip;
import java.util.List;

/**
 * One address and port of a Service, and behind which endpoints it is answered.
 *
 * @param at what clients address, or {@link #ofNode}
 * @param id the same in later tables for as long as the Service has this port
 * @param affinityNs a client keeps its endpoint until it was silent for so long; 0: each session
 *     has its own
 * @param isLocalOnly where no endpoint is left: only those of this node may answer, so that frames
 *     are dropped and not refused (Kubernetes' policy Local)
 * @param sources who may come, {@link #ANYBODY} or some ranges
 * @param ownsAddress no other ports are at its address: they are refused
 * @param endpoints those that may be chosen, all of the front end's family
 * @param serving what has no end of its own stays with these, though nothing new goes to some
 * @param label for people: which Service, and which of its endpoints these are
 */
public record FrontEnd(
        Endpoint at,
        int protocol,
        int id,
        long affinityNs,
        boolean isLocalOnly,
        List<Range> sources,
        boolean ownsAddress,
        List<Endpoint> endpoints,
        List<Endpoint> serving,
        String label) {
    /** All addresses of both families. */
    public static final List<Range> ANYBODY = List.of(new Range(0, 0, 0));

    /** An address, as {@link io.virtdataplane.wire.Ip} holds it, and a port. */
    public record Endpoint(long high, long low, int port) {}

    /** Addresses whose first {@code prefixLength} bits of 128 are these. */
    public record Range(long high, long low, int prefixLength) {
        private static final int IPV4_AT = 96; // bits in front of an IPv4 address

        public boolean contains(long ofHigh, long ofLow) {
            return ((ofHigh ^ high) & mask(prefixLength)) == 0
                    && ((ofLow ^ low) & mask(prefixLength - Long.SIZE)) == 0;
        }

        /** Of IPv4 addresses alone. */
        public boolean isIpv4() {
            return prefixLength >= IPV4_AT && Ip.isMapped(high, low);
        }

        /** Of 64 bits, the first so many. */
        public static long mask(int bits) {
            return bits <= 0 ? 0 : bits >= Long.SIZE ? -1 : -1L << Long.SIZE - bits;
        }
    }

    public FrontEnd {
        sources = List.copyOf(sources);
        endpoints = List.copyOf(endpoints);
        serving = List.copyOf(serving);
    }

    /**
     * The port at any address of the node's, of that family: its address of zeros stands for it.
     */
    public static Endpoint ofNode(boolean ipv6, int port) {
        return new Endpoint(0, ipv6 ? 0 : Ip.mapped(0), port);
    }

    public boolean admits(long high, long low) {
        for (int i = 0; i < sources.size(); i++) {
            if (sources.get(i).contains(high, low)) {
                return true;
            }
        }
        return false;
    }
}
