package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.PortVlans;
import io.virtdataplane.bridge.VlanSet;
import io.virtdataplane.manifest.CniBridge;
import io.virtdataplane.manifest.PortVlan;
import io.virtdataplane.manifest.VlanRange;
import java.util.List;

/** Which VLANs a port has, as nmstate and the CNI plugin bridge program a Linux bridge. */
final class PortVlanRules {
    private static final int DEFAULT_VLAN = 1;

    private PortVlanRules() {}

    /** Of an uplink: a trunk has its native VLAN beside the tagged ones. */
    static PortVlans uplink(PortVlan vlan) {
        if (vlan.mode() == PortVlan.Mode.access) {
            return PortVlans.access(vlan.tag());
        }
        int nativeVlan = vlan.tag() == 0 ? DEFAULT_VLAN : vlan.tag();
        return new PortVlans(nativeVlan, tagged(nativeVlan, vlan.trunk()), VlanSet.of(nativeVlan));
    }

    /**
     * Of a guest: with {@code vlan} it has that one untagged, and where preserveDefaultVlan says so
     * still hears VLAN 1; with a trunk only, VLAN 1 is its native one.
     */
    static PortVlans guest(CniBridge config) {
        if (config.vlan() == 0) {
            return new PortVlans(
                    DEFAULT_VLAN,
                    tagged(DEFAULT_VLAN, config.vlanTrunk()),
                    VlanSet.of(DEFAULT_VLAN));
        }
        VlanSet untagged = VlanSet.of(config.vlan());
        VlanSet members = tagged(config.vlan(), config.vlanTrunk());
        if (config.preserveDefaultVlan()) {
            untagged = untagged.with(DEFAULT_VLAN, DEFAULT_VLAN);
            members = members.with(DEFAULT_VLAN, DEFAULT_VLAN);
        }
        return new PortVlans(config.vlan(), members, untagged);
    }

    private static VlanSet tagged(int nativeVlan, List<VlanRange> ranges) {
        VlanSet members = VlanSet.of(nativeVlan);
        for (VlanRange range : ranges) {
            members = members.with(range.min(), range.max());
        }
        return members;
    }
}
