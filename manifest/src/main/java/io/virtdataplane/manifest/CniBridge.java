package io.virtdataplane.manifest;

import java.util.List;
import java.util.Set;

/**
 * The keys of the CNI plugin bridge (cnv-bridge) that say something about a port on layer 2.
 *
 * @param mtu 0: the bridge's
 * @param mac 0: given elsewhere
 */
public record CniBridge(String bridge, Vlans vlans, Set<Flag> flags, int mtu, long mac) {
    /** Keys that are true or false. */
    public enum Flag {
        HAIRPIN_MODE,
        PROMISC_MODE,
        /** Frames from other source addresses are dropped. */
        MACSPOOFCHK,
        /** The guest's device detects duplicate IPv6 addresses. */
        ENABLEDAD,
        DISABLE_CONTAINER_INTERFACE,
        PORT_ISOLATION
    }

    /**
     * Which VLANs the port has.
     *
     * @param own native VLAN; 0: none of its own
     * @param trunk tagged VLANs, sorted, each once
     * @param preservesDefault the port stays a member of VLAN 1 beside its own
     */
    public record Vlans(int own, List<VlanRange> trunk, boolean preservesDefault) {}

    public CniBridge {
        flags = Set.copyOf(flags);
    }

    public int vlan() {
        return vlans.own();
    }

    public List<VlanRange> vlanTrunk() {
        return vlans.trunk();
    }

    public boolean preserveDefaultVlan() {
        return vlans.preservesDefault();
    }

    public boolean macspoofchk() {
        return flags.contains(Flag.MACSPOOFCHK);
    }

    /** The pod's end stays down. */
    public boolean disableContainerInterface() {
        return flags.contains(Flag.DISABLE_CONTAINER_INTERFACE);
    }

    public boolean hairpinMode() {
        return flags.contains(Flag.HAIRPIN_MODE);
    }

    public boolean portIsolation() {
        return flags.contains(Flag.PORT_ISOLATION);
    }

    /** By a tuning plugin that is chained behind: what it sets, it sets last. */
    CniBridge tuned(long tunedMac, int tunedMtu) {
        return new CniBridge(
                bridge,
                vlans,
                flags,
                tunedMtu == 0 ? mtu : tunedMtu,
                tunedMac == 0 ? mac : tunedMac);
    }
}
