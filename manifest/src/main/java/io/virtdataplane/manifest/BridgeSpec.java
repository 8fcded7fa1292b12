package io.virtdataplane.manifest;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A Linux bridge as a policy wants it. What is not given stays as it is.
 *
 * @param description or empty
 * @param ports all that it is to have; not given: those that it has
 */
public record BridgeSpec(
        String name,
        String description,
        State state,
        OptionalInt mtu,
        BridgeOptions options,
        Optional<List<BridgePortSpec>> ports) {
    /** As nmstate names them. */
    public enum State {
        up,
        absent,
        down,
        ignore
    }

    /** VLANs are looked at as soon as one port says which are its own. */
    public boolean isVlanAware() {
        return ports.stream().flatMap(List::stream).anyMatch(port -> port.vlan().isPresent());
    }
}
