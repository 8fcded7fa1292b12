package io.virtdataplane.dataplane;

import java.util.ArrayList;
import java.util.List;

/** The shapers of a worker where frames wait. Worker's thread. */
final class Shaping {
    private final List<Shaper> waiting = new ArrayList<>(Worker.MAX_PORTS);
    private final Walk walk;
    private final Egress egress;

    /** Walks a frame, whatever becomes of it. */
    @FunctionalInterface
    interface Walk {
        Verdict process(Frame frame, long nowNs);
    }

    Shaping(Walk walk, Egress egress) {
        this.walk = walk;
        this.egress = egress;
    }

    /** From now on frames wait there. */
    void wait(Shaper shaper) {
        waiting.add(shaper);
    }

    /** When a frame is due; Long.MAX_VALUE: none waits. */
    long dueNs() {
        long due = Long.MAX_VALUE;
        for (int i = 0; i < waiting.size(); i++) {
            due = Math.min(due, waiting.get(i).dueNs());
        }
        return due;
    }

    /** What is due goes on: a guest's frame is walked, and one for a guest is sent. */
    void release(long nowNs) {
        for (int i = waiting.size() - 1; i >= 0; i--) {
            Shaper shaper = waiting.get(i);
            release(shaper, nowNs);
            if (shaper.dueNs() == Long.MAX_VALUE) {
                waiting.set(i, waiting.getLast());
                waiting.removeLast();
            }
        }
    }

    private void release(Shaper shaper, long nowNs) {
        Frame frame;
        while (shaper.dueNs() <= nowNs && (frame = egress.takeExtra()) != null) {
            shaper.take(frame, nowNs);
            if (shaper.isEgress) {
                shaper.vif.counters.uncount(Verdict.QUEUED);
                frame.verdict = walk.process(frame, nowNs);
            } else {
                frame.verdict = Verdict.CONTINUE; // it is counted as it came in
                shaper.vif.ingress(true).send(frame);
            }
            egress.keep(frame);
        }
    }
}
