package io.virtdataplane.bridge;

import java.util.Arrays;

/**
 * Which ports belong to a VLAN, in order, so that a flood touches those and no others. A list is
 * made when the VLAN is first flooded after a change of ports or memberships.
 */
final class Floods {
    private static final int WITHOUT_VLAN = 0;
    private final BridgePort[][] portsByVlan = new BridgePort[VlanSet.LAST + 1][];
    private boolean stale;

    BridgePort[] of(int vlan, boolean filtering, BridgePort[] ports) {
        if (stale) {
            Arrays.fill(portsByVlan, null);
            stale = false;
        }
        int slot = filtering ? vlan : WITHOUT_VLAN;
        if (portsByVlan[slot] == null) {
            portsByVlan[slot] =
                    Arrays.stream(ports)
                            .filter(port -> port != null && (!filtering || isMember(port, vlan)))
                            .toArray(BridgePort[]::new);
        }
        return portsByVlan[slot];
    }

    private static boolean isMember(BridgePort port, int vlan) {
        return port.policy.vlans().members().has(vlan);
    }

    void forget() {
        stale = true;
    }
}
