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

    /**
     * Frames were received, and are to be walked; or somebody asks. True where sessions were opened
     * without the walk meanwhile: more may be soon.
     */
    default boolean begin(long nowNs) {
        return false;
    }

    /** All frames that were received have been walked and sent. */
    default void settle(long nowNs) {}

    /** A frame that ended as {@link Verdict#HELD} is now to be walked again. */
    default boolean hasReleased() {
        return false;
    }

    /** Fills {@code frame} with it; only after {@link #hasReleased}. */
    default void release(Frame frame) {}

    /** How many held frames were given up since this was last asked. */
    default int takeGivenUp() {
        return 0;
    }

    /** When the stage has a frame of its own to send; never where it has none. */
    default long dueNs() {
        return Long.MAX_VALUE;
    }

    /** Makes that frame, for the guest; only when it is due. */
    default void originate(Frame frame, long nowNs) {}
}
