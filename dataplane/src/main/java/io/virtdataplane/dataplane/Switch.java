package io.virtdataplane.dataplane;

/**
 * A virtual switch: walks the frames of its ports. Its tables have one writer, its worker's thread.
 */
public interface Switch {
    /**
     * A frame has come in by {@code ingress}. The verdict is final; what leaves is handed to {@code
     * outlet} on the way.
     */
    Verdict process(Frame frame, BridgeVif ingress, Outlet outlet, long nowNs);

    /** All frames that were received have been sent. */
    void settle(long nowNs);

    /**
     * Drops what has outlived its deadline, a bounded number a call; true while there is anything
     * left that can.
     */
    boolean age(long nowNs);
}
