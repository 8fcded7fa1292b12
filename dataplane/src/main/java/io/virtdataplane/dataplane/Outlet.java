package io.virtdataplane.dataplane;

/** How a switch sends. Worker's thread. */
public interface Outlet {
    /** The frame itself leaves by this port. */
    void send(Frame frame, BridgeVif egress, long nowNs);

    /** A copy of the frame, to be sent at once; null where no frame is left. */
    Frame copy(Frame frame);

    /** Something of this port that people are to know. */
    void tell(EventKind kind, Vif of, long value, long other);
}
