package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.BridgePolicy;
import io.virtdataplane.bridge.GroupPolicy;
import io.virtdataplane.bridge.GuardPolicy;
import io.virtdataplane.bridge.PortFlag;
import io.virtdataplane.bridge.PortFlags;
import io.virtdataplane.bridge.PortVlans;
import io.virtdataplane.daemon.network.PortDevice.Holding;
import io.virtdataplane.manifest.BridgeOptions;
import io.virtdataplane.manifest.BridgePortSpec;
import io.virtdataplane.manifest.BridgeSpec;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All that a bridge is, as merged from the policies that speak of it.
 *
 * @param hostPort the node has a device of the bridge's name on it
 * @param mtu longest frames' payload; 0: each port's own
 */
public record BridgeSettings(
        Head head, BridgePolicy policy, int mtu, boolean hostPort, List<PortSpec> uplinks) {
    /** What it is called. */
    record Head(String name, String description) {}

    private static final long SECOND_NS = 1_000_000_000L;

    static BridgeSettings none(String name) {
        BridgePolicy plain = BridgePolicy.DEFAULT.withVlanFiltering(false);
        return new BridgeSettings(new Head(name, ""), plain, 0, false, List.of());
    }

    /** What a policy gives replaces what was; what it does not give stays. */
    BridgeSettings with(BridgeSpec spec, boolean shared, boolean withHostPort) {
        int mergedMtu = spec.mtu().orElse(mtu);
        List<PortSpec> ports =
                spec
                        .ports()
                        .map(list -> list.stream().map(port -> uplink(port, shared)).toList())
                        .orElse(uplinks)
                        .stream()
                        .map(port -> port.withMtu(mergedMtu))
                        .toList();
        boolean filtering = spec.ports().isPresent() ? spec.isVlanAware() : policy.vlanFiltering();
        BridgePolicy merged =
                new BridgePolicy(
                        filtering,
                        spec.options().macAgeingSeconds().isPresent()
                                ? spec.options().macAgeingSeconds().getAsLong() * SECOND_NS
                                : policy.ageingNs(),
                        spec.options().groupForwardMask().orElse(policy.groupForwardMask()),
                        groups(spec.options()));
        return new BridgeSettings(
                new Head(name(), spec.description().isEmpty() ? description() : spec.description()),
                merged,
                mergedMtu,
                hostPort || withHostPort,
                ports);
    }

    private GroupPolicy groups(BridgeOptions options) {
        GroupPolicy before = policy.groups();
        long most = options.hashMax().orElse(before.most());
        return new GroupPolicy(
                options.multicastSnooping().orElse(before.snooping()),
                (int) Math.min(most, Integer.MAX_VALUE));
    }

    /** The ports that are not guests': uplinks, and the node's own. */
    List<PortSpec> ports() {
        return hostPort ? Stream.concat(uplinks.stream(), Stream.of(ownPort())).toList() : uplinks;
    }

    private PortSpec ownPort() {
        return new PortSpec(
                name() + "/" + name(),
                PortDevice.ofNode(name(), Holding.MADE),
                PortRules.PLAIN,
                "",
                mtu);
    }

    public String name() {
        return head.name();
    }

    public String description() {
        return head.description();
    }

    BridgeSettings withoutUplinks() {
        return with(List.of());
    }

    /** Of the uplinks. */
    Set<String> devices() {
        return uplinks.stream().map(PortSpec::device).collect(Collectors.toSet());
    }

    /** With no other uplinks than these. */
    BridgeSettings only(Set<String> devices) {
        return with(uplinks.stream().filter(uplink -> devices.contains(uplink.device())).toList());
    }

    boolean hasAnyOf(Set<String> devices) {
        return uplinks.stream().anyMatch(uplink -> devices.contains(uplink.device()));
    }

    BridgeSettings without(Set<String> devices) {
        return with(uplinks.stream().filter(uplink -> !devices.contains(uplink.device())).toList());
    }

    private BridgeSettings with(List<PortSpec> changed) {
        return new BridgeSettings(head, policy, mtu, hostPort, changed);
    }

    private PortSpec uplink(BridgePortSpec port, boolean shared) {
        PortVlans vlans = port.vlan().map(PortVlanRules::uplink).orElse(PortVlans.NEW_PORT);
        return new PortSpec(
                name() + "/" + port.name(),
                PortDevice.ofNode(port.name(), shared ? Holding.SHARED : Holding.TAKEN),
                new PortRules(
                        vlans,
                        PortFlags.NEW_PORT.with(PortFlag.HAIRPIN, port.hairpin()),
                        GuardPolicy.NONE),
                "",
                mtu);
    }
}
