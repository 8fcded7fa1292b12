package io.virtdataplane.daemon.network;

/**
 * The device of a bridge port.
 *
 * @param netns where it is; empty: the node's own
 */
record PortDevice(String netns, String name, Holding holding) {
    /** What we have of it. */
    enum Holding {
        /** It is made here, a tap, and ends with the port. */
        MADE,
        /** It is there, and its own kernel receives nothing that arrives there. */
        TAKEN,
        /** It is there, and its own kernel goes on receiving. */
        SHARED
    }

    static PortDevice ofNode(String name, Holding holding) {
        return new PortDevice("", name, holding);
    }
}
