package io.virtdataplane.dataplane;

import java.util.List;

/**
 * Looks after sessions that the kernel opens without the walk ({@link Openings}). While it does, it
 * is looked at once a millisecond, so that few wait for their place in the session table, and it
 * need not stop to have it done. Where it does not, nothing wakes. Worker's thread.
 */
final class OpeningWatch {
    private static final long EVERY_NS = 1_000_000;
    private final ContainedWalk walk;
    private final List<Nic> nics;
    private long dueNs = Long.MAX_VALUE;

    OpeningWatch(ContainedWalk walk, List<Nic> nics) {
        this.walk = walk;
        this.nics = nics;
    }

    /** When to {@link #look} next; never where nothing is opened. */
    long dueNs() {
        return dueNs;
    }

    /** Before frames of the NIC are walked. */
    void begin(Nic nic, long nowNs) {
        if (walk.begin(nic, nowNs)) {
            dueNs = Math.min(dueNs, nowNs + EVERY_NS);
        }
    }

    void look(long nowNs) {
        dueNs = Long.MAX_VALUE;
        for (int i = 0; i < nics.size(); i++) {
            begin(nics.get(i), nowNs);
            walk.settle(nics.get(i), nowNs);
        }
    }
}
