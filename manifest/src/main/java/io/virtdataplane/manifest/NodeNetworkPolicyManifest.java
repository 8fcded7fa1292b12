package io.virtdataplane.manifest;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads a nmstate.io NodeNetworkConfigurationPolicy. Rules follow nmstate and kubernetes-nmstate.
 * Linux bridges are ours; other interfaces are left to the node's own network manager, with a
 * warning.
 */
public final class NodeNetworkPolicyManifest {
    private static final Set<String> VERSIONS = Set.of("nmstate.io/v1", "nmstate.io/v1beta1");
    private static final String BRIDGE = "linux-bridge";
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
        root.check(Metadata.ROOT);
        String version = root.text("apiVersion", "");
        if (!VERSIONS.contains(version)) {
            throw root.error("apiVersion", "must be nmstate.io/v1 or nmstate.io/v1beta1", version);
        }
        Fields spec = root.object("spec");
        spec.check(NodeNetworkPolicyFields.SPEC);
        Fields desired = spec.object("desiredState").takingQuoted();
        desired.check(NodeNetworkPolicyFields.DESIRED_STATE);
        List<Fields> ours =
                desired.list("interfaces").stream()
                        .filter(NodeNetworkPolicyManifest::isOurs)
                        .toList();
        List<BridgeSpec> bridges = ours.stream().map(NodeNetworkPolicyManifest::bridge).toList();
        checkUnique(ours, bridges);
        return new NodeNetworkPolicy(
                Metadata.named(root).name(),
                spec.textByName("nodeSelector"),
                MaxUnavailable.read(spec),
                List.copyOf(bridges));
    }

    /** Its type is looked at first: the fields of other types are for others to check. */
    private static boolean isOurs(Fields candidate) {
        String type = candidate.text("type", "");
        if (type.equals(BRIDGE)) {
            return true;
        }
        BridgeSpec.State state = state(candidate);
        boolean isWanted = state == BridgeSpec.State.up || state == BridgeSpec.State.down;
        if (type.isEmpty() && !isWanted) {
            if (state == BridgeSpec.State.absent) {
                candidate.warn(
                        "has no type: only a bridge of virt-dataplane is removed: name="
                                + candidate.text("name", ""));
            }
            return true;
        }
        checkOther(candidate, type);
        if (state != BridgeSpec.State.ignore) {
            candidate.warn(
                    "is ignored: the node's own network manager configures "
                            + (type.isEmpty() ? "devices that are there" : "type " + type)
                            + ", and a bridge's port may name it: name="
                            + candidate.text("name", ""));
        }
        return false;
    }

    private static void checkOther(Fields candidate, String type) {
        if (type.isEmpty() ? candidate.has("bridge") : !isKnown(type)) {
            throw candidate.error(
                    "type",
                    "must be linux-bridge, or another type of nmstate that is left to others",
                    type);
        }
        if (candidate.text("name", "").isEmpty()) {
            throw candidate.error("name", "must be given", "");
        }
        boolean isUp = state(candidate) == BridgeSpec.State.up;
        if (isUp && NodeNetworkPolicyFields.PROTECTING_TYPES.contains(type)) {
            throw candidate.error(
                    "type",
                    "must not be one that encrypts: virt-dataplane encrypts nothing (leave this policy to Kubernetes NMState, or the interface to the node's own network manager)",
                    type);
        }
    }

    private static boolean isKnown(String type) {
        return NodeNetworkPolicyFields.OTHER_TYPES.contains(type);
    }

    private static BridgeSpec bridge(Fields candidate) {
        candidate.check(NodeNetworkPolicyFields.BRIDGE_INTERFACE);
        BridgeSpec.State state = state(candidate);
        boolean isWanted = state == BridgeSpec.State.up || state == BridgeSpec.State.down;
        checkIp(candidate, "ipv4", isWanted);
        checkIp(candidate, "ipv6", isWanted);
        OptionalLong mtu = candidate.whole("mtu", LEAST_MTU, 65_535);
        Fields bridge = candidate.object("bridge");
        bridge.check(NodeNetworkPolicyFields.BRIDGE);
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
    private static void checkIp(Fields candidate, String family, boolean isWanted) {
        Fields ip = candidate.object(family);
        ip.check(NodeNetworkPolicyFields.IP);
        boolean asks =
                ip.flag("dhcp").orElse(false)
                        | ip.flag("autoconf").orElse(false)
                        | !ip.list("address").isEmpty();
        if (isWanted && ip.flag("enabled").orElse(asks)) {
            ip.warn(
                    "is ignored: the bridge has no device on the node; with apply --host-port it has one, and the node's own network manager gives it addresses");
        }
    }

    private static Optional<List<BridgePortSpec>> ports(Fields bridge) {
        String name = bridge.isGiven("port") ? "port" : "ports"; // nmstate takes both
        if (!bridge.isGiven(name)) {
            return Optional.empty();
        }
        return Optional.of(bridge.list(name).stream().map(BridgePortSpec::read).toList());
    }

    /** A name is one interface; a device is a port once, of one bridge. */
    private static void checkUnique(List<Fields> interfaces, List<BridgeSpec> bridges) {
        Set<String> names = new HashSet<>();
        Map<String, String> bridgeByPort = new HashMap<>();
        for (int i = 0; i < bridges.size(); i++) {
            BridgeSpec bridge = bridges.get(i);
            String at = interfaces.get(i).path();
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
