package io.virtdataplane.bridge;

/** What a bridge port does or does not, as bridge(8) names it. */
public enum PortFlag {
    /** Source addresses are learned. */
    LEARNING,
    /** Frames to unknown stations leave here. */
    FLOOD,
    /** Frames to groups leave here. */
    MULTICAST_FLOOD,
    /** Broadcasts leave here. */
    BROADCAST_FLOOD,
    /** It exchanges nothing with other isolated ports. */
    ISOLATED,
    /** Frames may leave by the port they came from. */
    HAIRPIN,
    /** Only stations with an entry of this port may send. */
    LOCKED
}
