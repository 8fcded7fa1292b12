package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.List;

/**
 * A SriovNetwork: what the VF of a guest on it is set to. Made by the manifest's reader, which
 * checks each field's type and range; what fields say together is checked here, before anything
 * changes.
 */
public record SriovNetwork(Identity id, Vlan vlan, Switches switches, Rates rates, Cni cni) {
    /**
     * Who the object is, where its definition goes and whose VFs it hands out.
     *
     * @param networkNamespace of the NetworkAttachmentDefinition; empty: the object's own
     */
    public record Identity(
            String name, String namespace, String networkNamespace, String resourceName) {}

    /**
     * The VLAN that the card puts the VF in.
     *
     * @param id 0-4094; 0: none, -1: as it is
     * @param qos 0-7, the priority in the tag
     * @param protocol as given; empty: 802.1q
     */
    public record Vlan(int id, int qos, String protocol) {
        private boolean isAd() {
            return protocol.equalsIgnoreCase("802.1ad");
        }

        private VfSetting.Vlan setting() {
            return new VfSetting.Vlan(id, qos, VfSetting.VlanProtocol.of(protocol));
        }
    }

    /**
     * What the card allows the VF, each empty: as it is.
     *
     * @param spoofChk "on" or "off"; so trust
     * @param linkState "auto", "enable" or "disable"
     */
    public record Switches(String spoofChk, String trust, String linkState) {}

    /** Of what the VF sends, in Mbit/s; 0: no limit, -1: as it is. */
    public record Rates(int minTx, int maxTx) {}

    /**
     * What the CNI configuration holds beside the VF's settings, each as given or empty.
     *
     * @param capabilities JSON; so ipam and metaPlugins
     */
    public record Cni(
            String capabilities,
            String ipam,
            String metaPlugins,
            String logLevel,
            String logFile) {}

    public String name() {
        return id.name();
    }

    public String namespace() {
        return id.namespace();
    }

    public String resourceName() {
        return id.resourceName();
    }

    /** Throws with the first rule that is broken. */
    public void check() {
        must(
                vlan.id() > 0 || vlan.qos() == 0 && !vlan.isAd(),
                "non-zero vlan id must be configured to set vlan QoS/proto 802.1ad: vlan="
                        + vlan.id()
                        + " vlanQoS="
                        + vlan.qos()
                        + " vlanProto="
                        + vlan.protocol());
        // Not checked by the operator; the documentation asks for it. 0 is no limit.
        must(
                rates.minTx() <= 0 || rates.maxTx() <= 0 || rates.minTx() <= rates.maxTx(),
                "minTxRate must be at most maxTxRate: minTxRate="
                        + rates.minTx()
                        + " maxTxRate="
                        + rates.maxTx());
    }

    /** What a PF of its resource cannot do. */
    public void checkOn(PhysicalFunction pf) {
        must(
                rates.minTx() <= 0 || !pf.isIntel(),
                "minTxRate must be 0 or left out on Intel NICs, which do not support it (BZ#1772847): minTxRate="
                        + rates.minTx()
                        + " pf="
                        + pf.name());
    }

    /** Where its NetworkAttachmentDefinition lives. */
    public String definitionNamespace() {
        return id.networkNamespace().isEmpty() ? id.namespace() : id.networkNamespace();
    }

    /** NAMESPACE/NAME of its NetworkAttachmentDefinition. */
    public String definitionName() {
        return definitionNamespace() + "/" + id.name();
    }

    /**
     * In the order in which they are set. VLAN 0 is set as well: only one that is left out is left
     * as it is.
     *
     * @param mac 0: as it is
     */
    List<VfSetting> settings(long mac) {
        List<VfSetting> settings = new ArrayList<>();
        if (vlan.id() >= 0) {
            settings.add(vlan.setting());
        }
        if (mac != 0) {
            settings.add(new VfSetting.Mac(mac));
        }
        if (rates.minTx() >= 0 || rates.maxTx() >= 0) {
            settings.add(
                    new VfSetting.Rate(Math.max(rates.minTx(), 0), Math.max(rates.maxTx(), 0)));
        }
        if (!switches.spoofChk().isEmpty()) {
            settings.add(new VfSetting.SpoofCheck(switches.spoofChk().equals("on")));
        }
        if (!switches.trust().isEmpty()) {
            settings.add(new VfSetting.Trust(switches.trust().equals("on")));
        }
        if (!switches.linkState().isEmpty()) {
            settings.add(VfSetting.LinkState.of(switches.linkState()));
        }
        return settings;
    }

    private static void must(boolean holds, String rule) {
        if (!holds) {
            throw new IllegalArgumentException(rule);
        }
    }
}
