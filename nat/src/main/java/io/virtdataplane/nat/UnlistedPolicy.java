package io.virtdataplane.nat;

/** What becomes of an inbound packet to a port that is not in the list. */
public enum UnlistedPolicy {
    /** The pod's own kernel has it, as users of KubeVirt's masquerade see today. */
    POD,
    /** Silence. */
    DROP,
    /** A TCP reset, or ICMP port unreachable. */
    REJECT
}
