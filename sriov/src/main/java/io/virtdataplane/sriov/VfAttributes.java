package io.virtdataplane.sriov;

/** What a PF's driver says of one VF. */
public record VfAttributes(long mac, VfSetting.Vlan vlan, VfSetting.Rate rate, Switches switches) {
    /** What the card allows the VF, and what link it shows it. */
    public record Switches(
            VfSetting.Switch spoofCheck, VfSetting.Switch trust, VfSetting.LinkState linkState) {}

    public VfSetting.Switch spoofCheck() {
        return switches.spoofCheck();
    }

    public VfSetting.Switch trust() {
        return switches.trust();
    }

    public VfSetting.LinkState linkState() {
        return switches.linkState();
    }
}
