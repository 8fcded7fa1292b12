package io.virtdataplane.dataplane;

/**
 * One end of a flow: an address as {@link io.virtdataplane.wire.Ip} holds it, and a port. Filled
 * anew for each question, since what is on a frame's way makes no objects.
 */
public final class RemoteEnd {
    private long high;
    private long low;
    private int port;

    /** It is this one now. */
    public RemoteEnd set(long newHigh, long newLow, int newPort) {
        high = newHigh;
        low = newLow;
        port = newPort;
        return this;
    }

    public long high() {
        return high;
    }

    public long low() {
        return low;
    }

    public int port() {
        return port;
    }
}
