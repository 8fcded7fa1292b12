package io.virtdataplane.sriov;

/** VFs of one PF that serve one resource. VFs outside every group are left as they are. */
public record VfGroup(
        String resourceName,
        NodePolicy.DeviceType deviceType,
        VfRange range,
        String policyName,
        int mtu,
        boolean isRdma,
        boolean needVhostNet,
        boolean excludeTopology) {}
