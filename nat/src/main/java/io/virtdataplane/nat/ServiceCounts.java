package io.virtdataplane.nat;

import java.util.Arrays;

/**
 * What the guests of one packet thread have had of each Service, by the ids of its front ends.
 * Written by that thread alone.
 */
public final class ServiceCounts {
    private long[] sessions = {};
    private long[] refused = {};

    /**
     * There are ids below {@code size} from now on; those in {@code anew} are another Service's,
     * and begin at 0. Worker's thread, not on a frame's way.
     */
    public void begin(int size, int[] anew) {
        if (size > sessions.length) {
            sessions = Arrays.copyOf(sessions, size);
            refused = Arrays.copyOf(refused, size);
        }
        for (int id : anew) {
            sessions[id] = 0;
            refused[id] = 0;
        }
    }

    void opened(int id) {
        if (id < sessions.length) {
            sessions[id]++;
        }
    }

    void refused(int id) {
        if (id < refused.length) {
            refused[id]++;
        }
    }

    /** Adds them to those; ids that those have no room for are left out. Worker's thread. */
    public void addTo(long[] opened, long[] refusals) {
        for (int id = 0; id < Math.min(sessions.length, opened.length); id++) {
            opened[id] += sessions[id];
            refusals[id] += refused[id];
        }
    }
}
