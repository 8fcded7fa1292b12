package io.virtdataplane.dataplane;

import java.util.ArrayList;
import java.util.List;

/**
 * Looks after sessions that the kernel opens without the walk ({@link Openings}). A NIC of which
 * any were opened is looked at again after a millisecond, so that few wait for their place in the
 * session table, and more may be opened meanwhile. Where none are, nothing wakes. Worker's thread.
 */
final class OpeningWatch {
    private static final long EVERY_NS = 1_000_000;
    private final ContainedWalk walk;
    private List<Nic> opening = new ArrayList<>();
    private List<Nic> looked = new ArrayList<>();
    private long dueNs = Long.MAX_VALUE;

    OpeningWatch(ContainedWalk walk) {
        this.walk = walk;
    }

    /** When to {@link #look} next; never where nothing is opened. */
    long dueNs() {
        return dueNs;
    }

    /** Before frames of the NIC are walked. */
    void begin(Nic nic, long nowNs) {
        if (walk.begin(nic, nowNs) && !nic.isOpening) {
            nic.isOpening = true;
            opening.add(nic);
            dueNs = Math.min(dueNs, nowNs + EVERY_NS);
        }
    }

    /** Somebody may ask for any of them. */
    void begin(List<Nic> nics, long nowNs) {
        for (int i = 0; i < nics.size(); i++) {
            begin(nics.get(i), nowNs);
        }
    }

    void look(long nowNs) {
        List<Nic> due = opening;
        opening = looked;
        looked = due;
        dueNs = Long.MAX_VALUE;
        for (int i = 0; i < due.size(); i++) {
            Nic nic = due.get(i);
            nic.isOpening = false;
            begin(nic, nowNs);
            walk.settle(nic, nowNs);
        }
        due.clear();
    }

    /** The NIC is no more. */
    void leave(Nic nic) {
        opening.remove(nic);
    }
}
