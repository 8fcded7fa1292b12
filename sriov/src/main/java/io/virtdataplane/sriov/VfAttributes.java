package io.virtdataplane.sriov;

/** What a PF's driver says of one VF. */
public record VfAttributes(
        long mac,
        VfSetting.Vlan vlan,
        VfSetting.Rate rate,
        VfSetting.Switch spoofCheck,
        VfSetting.Switch trust,
        VfSetting.LinkState linkState) {}
