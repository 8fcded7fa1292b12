package io.virtdataplane.bridge;

import java.util.Arrays;

/**
 * In which VLANs somebody asks for members of groups, by family. Without such a querier nobody
 * would report again, so groups are flooded there. As net/bridge/br_multicast.c has it, but by
 * VLAN: a querier in one of them says nothing of another.
 */
final class Queriers {
    /** RFC 3376 8.5: twice the interval of queries and half of what they give to answer. */
    private static final long PRESENT_NS = 255_000_000_000L;

    private final long[] fromNs = new long[VlanSet.LAST + 1];
    private final long[] untilNs = new long[VlanSet.LAST + 1];

    Queriers() {
        forget();
    }

    void forget() {
        Arrays.fill(untilNs, Long.MIN_VALUE);
    }

    /** All members have answered a first query when its time is over, not before. */
    void heard(int vlan, long maxResponseNs, long nowNs) {
        if (untilNs[vlan] <= nowNs) {
            fromNs[vlan] = nowNs + maxResponseNs;
        }
        untilNs[vlan] = nowNs + PRESENT_NS;
    }

    boolean isPresent(int vlan, long nowNs) {
        return nowNs < untilNs[vlan] && nowNs >= fromNs[vlan];
    }

    void forget(int vlan) {
        untilNs[vlan] = Long.MIN_VALUE;
    }
}
