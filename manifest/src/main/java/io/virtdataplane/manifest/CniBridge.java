package io.virtdataplane.manifest;

import java.util.List;

/**
 * The keys of the CNI plugin bridge (cnv-bridge) that say something about a port on layer 2.
 *
 * @param mtu 0: the bridge's
 * @param vlan native VLAN of the port; 0: none of its own
 * @param vlanTrunk tagged VLANs, sorted, each once
 * @param preserveDefaultVlan the port stays a member of VLAN 1 beside its own
 * @param macspoofchk frames from other source addresses are dropped
 * @param enabledad the guest's device detects duplicate IPv6 addresses
 * @param mac 0: given elsewhere
 */
public record CniBridge(
        String bridge,
        int mtu,
        boolean hairpinMode,
        boolean promiscMode,
        int vlan,
        List<VlanRange> vlanTrunk,
        boolean preserveDefaultVlan,
        boolean macspoofchk,
        boolean enabledad,
        boolean disableContainerInterface,
        boolean portIsolation,
        long mac) {
    /** By a tuning plugin that is chained behind: what it sets, it sets last. */
    CniBridge tuned(long tunedMac, int tunedMtu) {
        return new CniBridge(
                bridge,
                tunedMtu == 0 ? mtu : tunedMtu,
                hairpinMode,
                promiscMode,
                vlan,
                vlanTrunk,
                preserveDefaultVlan,
                macspoofchk,
                enabledad,
                disableContainerInterface,
                portIsolation,
                tunedMac == 0 ? mac : tunedMac);
    }
}
