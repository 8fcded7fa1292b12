package io.virtdataplane.manifest;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A Linux bridge as a policy wants it. What is not given stays as it is.
 *
 * @param ports all that it is to have; not given: those that it has
 */
public record BridgeSpec(
        Head head,
        State state,
        OptionalInt mtu,
        BridgeOptions options,
        Optional<List<BridgePortSpec>> ports) {
    /**
     * What it is called.
     *
     * @param description or empty
     */
    public record Head(String name, String description) {}

    /** As nmstate names them. */
    public enum State {
        up,
        absent,
        down,
        ignore
    }

    public String name() {
        return head.name();
    }

    public String description() {
        return head.description();
    }

    /** VLANs are looked at as soon as one port says which are its own. */
    public boolean isVlanAware() {
        return ports.stream().flatMap(List::stream).anyMatch(port -> port.vlan().isPresent());
    }
}
