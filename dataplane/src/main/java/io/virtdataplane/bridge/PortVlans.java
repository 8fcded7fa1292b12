package io.virtdataplane.bridge;

/**
 * A port's VLANs, as IEEE 802.1Q and the Linux bridge have them.
 *
 * @param pvid VLAN of untagged frames that come in, or 0: they are dropped
 * @param members VLANs that may pass, in either direction
 * @param untagged those of them that leave without a tag
 */
public record PortVlans(int pvid, VlanSet members, VlanSet untagged) {
    private static final int DEFAULT = 1;

    /** What a new port of a Linux bridge has: VLAN 1, untagged. */
    public static final PortVlans NEW_PORT = access(DEFAULT);

    /** One VLAN, untagged in both directions. */
    public static PortVlans access(int vlan) {
        return new PortVlans(vlan, VlanSet.of(vlan), VlanSet.of(vlan));
    }

    /** VLAN 1 untagged, all others tagged: what Kubernetes NMState gives the ports of a bridge. */
    public static PortVlans trunk() {
        return new PortVlans(DEFAULT, VlanSet.ALL, VlanSet.of(DEFAULT));
    }
}
