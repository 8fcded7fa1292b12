package io.virtdataplane.e2e;

import io.virtdataplane.bridge.PortFlag;
import io.virtdataplane.bridge.PortPolicy;
import io.virtdataplane.bridge.PortVlans;
import io.virtdataplane.bridge.VlanSet;
import java.util.Set;
import java.util.TreeSet;

/** A bridge port's settings, in our words and in those of iproute2. {@code pvid} 0: none. */
record VlanPort(
        int pvid, Set<Integer> untagged, Set<Integer> tagged, boolean isolated, boolean hairpin) {
    /** What a Linux bridge gives a port that is added to it. */
    static final VlanPort NEW = access(1);

    static VlanPort access(int vlan) {
        return of(vlan, Set.of(vlan), Set.of());
    }

    static VlanPort of(int pvid, Set<Integer> untagged, Set<Integer> tagged) {
        return new VlanPort(pvid, untagged, tagged, false, false);
    }

    VlanPort isolated(boolean is) {
        return new VlanPort(pvid, untagged, tagged, is, hairpin);
    }

    VlanPort hairpin(boolean is) {
        return new VlanPort(pvid, untagged, tagged, isolated, is);
    }

    PortPolicy policy() {
        PortVlans vlans = new PortVlans(pvid, set(members()), set(untagged));
        return PortPolicy.DEFAULT
                .with(vlans)
                .with(PortFlag.ISOLATED, isolated)
                .with(PortFlag.HAIRPIN, hairpin);
    }

    /** For a shell: the port {@code device}, which is {@code before}, becomes this one. */
    String commands(String device, VlanPort before) {
        StringBuilder commands = new StringBuilder();
        for (int vlan : before.members()) {
            if (!members().contains(vlan)) {
                commands.append("bridge vlan del dev %s vid %d\n".formatted(device, vlan));
            }
        }
        for (int vlan : members()) {
            commands.append(
                    "bridge vlan add dev %s vid %d%s%s\n"
                            .formatted(
                                    device,
                                    vlan,
                                    vlan == pvid ? " pvid" : "",
                                    untagged.contains(vlan) ? " untagged" : ""));
        }
        return commands
                + "/bin/ip-real link set %s type bridge_slave isolated %s hairpin %s\n"
                        .formatted(device, isolated ? "on" : "off", hairpin ? "on" : "off");
    }

    private Set<Integer> members() {
        Set<Integer> members = new TreeSet<>(untagged);
        members.addAll(tagged);
        return members;
    }

    private static VlanSet set(Set<Integer> vlans) {
        VlanSet set = VlanSet.NONE;
        for (int vlan : vlans) {
            set = set.with(vlan, vlan);
        }
        return set;
    }
}
