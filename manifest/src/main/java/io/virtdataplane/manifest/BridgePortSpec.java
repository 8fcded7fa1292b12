package io.virtdataplane.manifest;

import java.util.Optional;

/**
 * A device that is to be a port of a bridge. Path cost and priority are STP's: checked, not held.
 *
 * @param hairpin frames may leave where they came in
 * @param vlan none: this port asks for no VLAN filtering
 */
public record BridgePortSpec(String name, boolean hairpin, Optional<PortVlan> vlan) {
    static BridgePortSpec read(Fields port) {
        port.check(NodeNetworkPolicyFields.PORT);
        port.whole("stp-path-cost", 1, 65_535);
        port.whole("stp-priority", 0, 63);
        return new BridgePortSpec(
                DeviceName.read(port, "name", ""),
                port.flag("stp-hairpin-mode").orElse(false),
                PortVlan.read(port));
    }
}
