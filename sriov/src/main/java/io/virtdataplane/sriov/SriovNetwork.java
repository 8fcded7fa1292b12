package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.List;

/**
 * A SriovNetwork: what the VF of a guest on it is set to. Made by the manifest's reader, which
 * checks each field's type and range; what fields say together is checked here, before anything
 * changes.
 *
 * @param networkNamespace of the NetworkAttachmentDefinition; empty: the object's own
 * @param vlanProto as given; empty: 802.1q
 * @param spoofChk "on", "off" or empty: as it is; so trust
 * @param linkState "auto", "enable", "disable" or empty
 * @param minTxRate Mbit/s; -1: as it is; so maxTxRate
 * @param capabilities JSON, or empty; so ipam and metaPlugins
 */
public record SriovNetwork(
        String name,
        String namespace,
        String networkNamespace,
        String resourceName,
        int vlan,
        int vlanQoS,
        String vlanProto,
        String spoofChk,
        String trust,
        String linkState,
        int minTxRate,
        int maxTxRate,
        String capabilities,
        String ipam,
        String metaPlugins,
        String logLevel,
        String logFile) {
    /** Throws with the first rule that is broken. */
    public void check() {
        must(
                vlan > 0 || vlanQoS == 0 && !isAd(),
                "non-zero vlan id must be configured to set vlan QoS/proto 802.1ad: vlan="
                        + vlan
                        + " vlanQoS="
                        + vlanQoS
                        + " vlanProto="
                        + vlanProto);
        // Not checked by the operator; the documentation asks for it. 0 is no limit.
        must(
                minTxRate <= 0 || maxTxRate <= 0 || minTxRate <= maxTxRate,
                "minTxRate must be at most maxTxRate: minTxRate="
                        + minTxRate
                        + " maxTxRate="
                        + maxTxRate);
    }

    /** What a PF of its resource cannot do. */
    public void checkOn(PhysicalFunction pf) {
        must(
                minTxRate <= 0 || !pf.isIntel(),
                "minTxRate must be 0 or left out on Intel NICs, which do not support it (BZ#1772847): minTxRate="
                        + minTxRate
                        + " pf="
                        + pf.name());
    }

    /** Where its NetworkAttachmentDefinition lives. */
    public String definitionNamespace() {
        return networkNamespace.isEmpty() ? namespace : networkNamespace;
    }

    /** NAMESPACE/NAME of its NetworkAttachmentDefinition. */
    public String definitionName() {
        return definitionNamespace() + "/" + name;
    }

    /**
     * In the order in which they are set. VLAN 0 is set as well: left out, a VF would keep what its
     * last user had.
     *
     * @param mac 0: as it is
     */
    List<VfSetting> settings(long mac) {
        List<VfSetting> settings = new ArrayList<>();
        settings.add(new VfSetting.Vlan(vlan, vlanQoS, VfSetting.VlanProtocol.of(vlanProto)));
        if (mac != 0) {
            settings.add(new VfSetting.Mac(mac));
        }
        if (minTxRate >= 0 || maxTxRate >= 0) {
            settings.add(new VfSetting.Rate(Math.max(minTxRate, 0), Math.max(maxTxRate, 0)));
        }
        if (!spoofChk.isEmpty()) {
            settings.add(new VfSetting.SpoofCheck(spoofChk.equals("on")));
        }
        if (!trust.isEmpty()) {
            settings.add(new VfSetting.Trust(trust.equals("on")));
        }
        if (!linkState.isEmpty()) {
            settings.add(VfSetting.LinkState.of(linkState));
        }
        return settings;
    }

    private boolean isAd() {
        return vlanProto.equalsIgnoreCase("802.1ad");
    }

    private static void must(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
