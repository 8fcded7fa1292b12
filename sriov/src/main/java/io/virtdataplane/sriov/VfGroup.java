package io.virtdataplane.sriov;

/**
 * VFs of one PF that serve one resource. VFs outside every group are left as they are.
 *
 * @param mtu in bytes; 0: as it is
 */
public record VfGroup(VfResource resource, VfRange range, String policyName, int mtu) {
    public String resourceName() {
        return resource.name();
    }

    public NodePolicy.DeviceType deviceType() {
        return resource.deviceType();
    }

    public boolean isRdma() {
        return resource.has(VfResource.Option.RDMA);
    }

    public boolean needVhostNet() {
        return resource.has(VfResource.Option.VHOST_NET);
    }

    public boolean excludeTopology() {
        return resource.has(VfResource.Option.TOPOLOGY_EXCLUDED);
    }
}
