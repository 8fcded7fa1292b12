package io.virtdataplane.dataplane;

/**
 * A step of the walk that ends a frame or says {@link Verdict#CONTINUE}. One instance belongs to
 * one NIC, and so to one thread.
 */
public interface Stage {
    Verdict process(Frame frame, long nowNs);

    /**
     * Drops what has outlived its deadline, a bounded number a call; true while there is anything
     * left that can.
     */
    default boolean age(long nowNs) {
        return false;
    }
}
