package io.virtdataplane.manifest;

import java.util.List;
import java.util.Optional;

/**
 * The VLANs of a bridge port.
 *
 * @param tag of access; or the native one of a trunk, 0 where it is left to the bridge's default
 * @param trunk tagged VLANs, in the order given; none of access
 */
public record PortVlan(Mode mode, int tag, List<VlanRange> trunk) {
    /** As nmstate names them. */
    public enum Mode {
        access,
        trunk
    }

    // kubernetes-nmstate gives this to each port that says nothing: without it, no VLAN that a
    // network attachment asks for would reach the uplink.
    static final PortVlan INJECTED = new PortVlan(Mode.trunk, 0, List.of(new VlanRange(2, 4094)));

    static Optional<PortVlan> read(Fields port) {
        Fields vlan = port.object("vlan");
        if (vlan.isMissing()) {
            return Optional.of(INJECTED);
        }
        vlan.check(NodeNetworkPolicyFields.VLAN);
        if (vlan.isEmpty()) {
            return Optional.empty();
        }
        int tag = (int) vlan.whole("tag", VlanRange.LEAST, VlanRange.MOST).orElse(0);
        boolean isNative = vlan.flag("enable-native").orElse(false);
        List<VlanRange> tags = vlan.list("trunk-tags").stream().map(PortVlan::range).toList();
        String mode = vlan.text("mode", "");
        return Optional.of(
                switch (mode) {
                    case "access" -> access(vlan, tag, isNative, tags);
                    case "trunk" -> trunk(vlan, tag, isNative, tags);
                    default -> throw vlan.error("mode", "must be access or trunk", mode);
                });
    }

    private static PortVlan access(Fields vlan, int tag, boolean isNative, List<VlanRange> tags) {
        if (!tags.isEmpty()) {
            throw vlan.error("trunk-tags", "must not be given with mode access", tags);
        }
        if (isNative) {
            throw vlan.error("enable-native", "must not be true with mode access", true);
        }
        if (tag == 0) {
            throw vlan.error("tag", "must be given with mode access", "");
        }
        return new PortVlan(Mode.access, tag, List.of());
    }

    private static PortVlan trunk(Fields vlan, int tag, boolean isNative, List<VlanRange> tags) {
        if (tags.isEmpty()) {
            throw vlan.error("trunk-tags", "must be given with mode trunk", "");
        }
        if (tag != 0 && !isNative) {
            throw vlan.error(
                    "tag", "must be given together with enable-native: true in mode trunk", tag);
        }
        if (tag == 0 && isNative) {
            throw vlan.error("tag", "must be given with enable-native: true", "");
        }
        for (int i = 0; i < tags.size(); i++) {
            for (int k = 0; k < i; k++) {
                if (tags.get(i).overlaps(tags.get(k))) {
                    throw vlan.error(
                            "trunk-tags", "must not overlap", tags.get(k) + "," + tags.get(i));
                }
            }
        }
        return new PortVlan(Mode.trunk, tag, tags);
    }

    private static VlanRange range(Fields entry) {
        entry.check(FieldTable.of("id", "id-range"));
        if (entry.has("id") == entry.has("id-range")) {
            throw new InvalidManifestException(
                    entry.path() + " must have either id or id-range: value=" + entry);
        }
        if (entry.has("id")) {
            int id = VlanRange.read(entry, "id");
            return new VlanRange(id, id);
        }
        Fields range = entry.object("id-range");
        range.check(FieldTable.of("min", "max"));
        VlanRange read = new VlanRange(VlanRange.read(range, "min"), VlanRange.read(range, "max"));
        if (read.min() > read.max()) {
            throw range.error("min", "must not be greater than max=" + read.max(), read.min());
        }
        return read;
    }
}
