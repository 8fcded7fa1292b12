package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Notices that something has happened to VFs that serve a resource: one has gone, was bound
 * otherwise, lost its MTU or its RDMA device, or its PF has got more of them. A look costs a few
 * system calls for each VF, so it may be had every second. Used by one thread.
 */
public final class VfWatch {
    private final Sysfs sysfs;
    private final Discovery discovery;
    private final RdmaDevices rdma;
    private List<String> seen = List.of();

    public VfWatch(Sysfs sysfs) {
        this.sysfs = sysfs;
        this.discovery = new Discovery(sysfs);
        this.rdma = new RdmaDevices(sysfs);
    }

    /**
     * Since the last call; also where the VFs asked about are others.
     *
     * @param planned addresses of the PFs that are to have VFs, whether or not they have
     */
    public boolean hasChanged(Collection<String> planned, Collection<List<ResourceVf>> vfs) {
        List<String> now = new ArrayList<>();
        for (String pf : planned) {
            now.add(sysfs.linkName(Discovery.DEVICES + pf + "/virtfn0"));
        }
        Set<String> pfs = new HashSet<>();
        for (List<ResourceVf> ofResource : vfs) {
            for (ResourceVf vf : ofResource) {
                if (pfs.add(vf.pf().address())) {
                    now.add(oneMoreThanKnown(vf.pf()));
                }
                look(vf, now);
            }
        }
        boolean changed = !now.equals(seen);
        seen = now;
        return changed;
    }

    private String oneMoreThanKnown(PhysicalFunction pf) {
        return sysfs.linkName(Discovery.DEVICES + pf.address() + "/virtfn" + pf.vfs().size());
    }

    private void look(ResourceVf vf, List<String> now) {
        now.add(vf.address());
        now.add(sysfs.linkName(Discovery.DEVICES + vf.address() + "/driver"));
        if (vf.group().isRdma()) {
            now.addAll(rdma.names(vf.address()));
        }
        if (vf.group().deviceType() == NodePolicy.DeviceType.NETDEVICE && vf.group().mtu() > 0) {
            now.add(Integer.toString(discovery.netdev(vf.address()).mtu()));
        }
    }
}
