package io.virtdataplane.dataplane;

/** Where the guest of a virtual interface is, as a live migration moves it. */
public enum VifState {
    /** Here. */
    ACTIVE,
    /** Still on another node: its first frame here says that it has come. */
    INCOMING,
    /** It has moved, or is about to: nothing is taken from it or for it any more. */
    DRAINED
}
