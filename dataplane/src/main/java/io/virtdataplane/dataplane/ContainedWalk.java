package io.virtdataplane.dataplane;

/**
 * The walk, in which a bug costs the frame that met it, or the NIC what is done beside its frames,
 * and not the daemon. Worker's thread.
 */
final class ContainedWalk {
    private final Walk walk;
    private final EventRing events;
    private final Faults faults = new Faults();

    ContainedWalk(Walk walk, EventRing events) {
        this.walk = walk;
        this.events = events;
    }

    Verdict process(Frame frame, long nowNs) {
        try {
            return walk.process(frame, nowNs);
        } catch (RuntimeException e) {
            if (!frame.isDryRun()) { // it would be recorded, and not again when it harms a frame
                record(e, frame.vif);
            }
            return Verdict.DROP_FAULT;
        }
    }

    /** Before frames of the NIC are walked; as {@link Stage#begin}. */
    boolean begin(Nic nic, long nowNs) {
        try {
            return nic.outbound.begin(nowNs);
        } catch (RuntimeException e) {
            record(e, nic);
            return false;
        }
    }

    /** After they have been walked and sent. */
    void settle(Nic nic, long nowNs) {
        try {
            nic.outbound.settle(nowNs);
        } catch (RuntimeException e) {
            record(e, nic);
        }
    }

    /** As {@link Stage#age}. */
    boolean age(Nic nic, Stage stage, long nowNs) {
        try {
            return stage.age(nowNs);
        } catch (RuntimeException e) {
            record(e, nic);
            return true;
        }
    }

    private void record(RuntimeException fault, Vif vif) {
        int number = faults.record(fault);
        if (number >= 0) {
            events.emit(EventKind.FAULT, vif.id(), number, 0);
        }
    }

    /** Any thread. */
    String describeFault(int number) {
        return faults.describe(number);
    }
}
