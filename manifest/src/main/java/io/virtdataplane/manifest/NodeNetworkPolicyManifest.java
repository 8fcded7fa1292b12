package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads a nmstate.io NodeNetworkConfigurationPolicy of Linux bridges. Rules follow nmstate and
 * kubernetes-nmstate; what this switch cannot do is refused with the reason, not passed over.
 */
public final class NodeNetworkPolicyManifest {
    private static final Set<String> VERSIONS = Set.of("nmstate.io/v1", "nmstate.io/v1beta1");
    private static final Set<String> INTERFACE =
            Set.of("name", "description", "type", "state", "ipv4", "ipv6", "mtu", "bridge");
    private static final Set<String> IP = Set.of("enabled", "dhcp", "address", "autoconf");
    private static final int LEAST_MTU = 68;

    private NodeNetworkPolicyManifest() {}

    public static NodeNetworkPolicy parse(String manifest) {
        Fields root = Document.root(manifest);
        String kind = root.text("kind", "");
        if (!kind.equals("NodeNetworkConfigurationPolicy")) {
            throw root.error("kind", "must be NodeNetworkConfigurationPolicy", kind);
        }
        return read(root);
    }

    static NodeNetworkPolicy read(Fields root) {
        root.allowOnly(Set.of("apiVersion", "kind", "metadata", "spec", "status"));
        String version = root.text("apiVersion", "");
        if (!VERSIONS.contains(version)) {
            throw root.error("apiVersion", "must be nmstate.io/v1 or nmstate.io/v1beta1", version);
        }
        Fields spec = root.object("spec");
        spec.allowOnly(Set.of("nodeSelector", "capture", "desiredState", "maxUnavailable"));
        if (!spec.object("capture").isEmpty()) {
            throw spec.error("capture", "must be empty: capture is not supported", "{...}");
        }
        Fields desired = spec.object("desiredState");
        desired.allowOnly(Set.of("interfaces"));
        List<BridgeSpec> bridges = new ArrayList<>();
        for (Fields candidate : desired.list("interfaces")) {
            bridges.add(bridge(candidate));
        }
        checkUnique(desired.path(), bridges);
        return new NodeNetworkPolicy(
                Metadata.named(root).name(),
                spec.textByName("nodeSelector"),
                MaxUnavailable.read(spec),
                List.copyOf(bridges));
    }

    private static BridgeSpec bridge(Fields candidate) {
        candidate.allowOnly(INTERFACE);
        BridgeSpec.State state = state(candidate);
        boolean isWanted = state == BridgeSpec.State.up || state == BridgeSpec.State.down;
        String type = candidate.text("type", "");
        if (!type.equals("linux-bridge") && (isWanted || !type.isEmpty())) {
            throw candidate.error(
                    "type", "must be linux-bridge: other types are not supported", type);
        }
        checkIp(candidate.object("ipv4"), isWanted);
        checkIp(candidate.object("ipv6"), isWanted);
        OptionalLong mtu = candidate.whole("mtu", LEAST_MTU, 65_535);
        Fields bridge = candidate.object("bridge");
        bridge.allowOnly(Set.of("options", "port"));
        return new BridgeSpec(
                new BridgeSpec.Head(
                        DeviceName.read(candidate, "name", ""), candidate.text("description", "")),
                state,
                mtu.isEmpty() ? OptionalInt.empty() : OptionalInt.of((int) mtu.getAsLong()),
                BridgeOptions.read(bridge.object("options"), isWanted),
                ports(bridge));
    }

    private static BridgeSpec.State state(Fields candidate) {
        String text = candidate.text("state", "up");
        for (BridgeSpec.State state : BridgeSpec.State.values()) {
            if (state.name().equals(text)) {
                return state;
            }
        }
        throw candidate.error("state", "must be up, absent, down or ignore", text);
    }

    /** The bridge lives in user space, so the node has no device that could hold an address. */
    private static void checkIp(Fields ip, boolean isWanted) {
        ip.allowOnly(IP);
        boolean asks =
                ip.flag("dhcp").orElse(false)
                        | ip.flag("autoconf").orElse(false)
                        | !ip.list("address").isEmpty();
        if (isWanted && ip.flag("enabled").orElse(asks)) {
            throw ip.error("enabled", "must be false: a bridge has no IP address", true);
        }
    }

    private static Optional<List<BridgePortSpec>> ports(Fields bridge) {
        if (!bridge.isGiven("port")) {
            return Optional.empty();
        }
        List<BridgePortSpec> ports = new ArrayList<>();
        for (Fields port : bridge.list("port")) {
            ports.add(BridgePortSpec.read(port));
        }
        return Optional.of(List.copyOf(ports));
    }

    /** A name is one interface; a device is a port once, of one bridge. */
    private static void checkUnique(String path, List<BridgeSpec> bridges) {
        Set<String> names = new HashSet<>();
        Map<String, String> bridgeByPort = new HashMap<>();
        for (int i = 0; i < bridges.size(); i++) {
            BridgeSpec bridge = bridges.get(i);
            String at = path + ".interfaces[" + i + "]";
            if (!names.add(bridge.name())) {
                throw new InvalidManifestException(
                        at + ".name must be unique among interfaces: name=" + bridge.name());
            }
            for (BridgePortSpec port : bridge.ports().orElse(List.of())) {
                String other = bridgeByPort.put(port.name(), bridge.name());
                if (other != null || port.name().equals(bridge.name())) {
                    throw new InvalidManifestException(
                            at
                                    + ".bridge.port must not name the bridge itself or a device that is a port already: name="
                                    + port.name()
                                    + " of="
                                    + (other == null ? "itself" : other));
                }
            }
        }
    }
}
