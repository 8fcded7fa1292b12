package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.List;

/**
 * Where a PF differs from its plan. None: a pass over it writes nothing.
 *
 * @param vfCount the VFs have to be made anew
 * @param vfs those that exist and have to be bound or set otherwise
 */
record Drift(boolean vfCount, boolean mtu, boolean linkDown, List<VirtualFunction> vfs) {
    static Drift of(PfPlan plan, PhysicalFunction pf) {
        boolean ours = !plan.externallyManaged();
        List<VirtualFunction> different = new ArrayList<>();
        for (VirtualFunction vf : pf.vfs()) {
            plan.groupOf(vf)
                    .filter(group -> differs(vf, group))
                    .ifPresent(group -> different.add(vf));
        }
        return new Drift(
                ours && pf.numVfs() != plan.numVfs(),
                ours && pf.netdev().mtu() < plan.mtu(), // raised by others it may stay
                !pf.netdev().up(),
                different);
    }

    boolean isNone() {
        return !vfCount && !mtu && !linkDown && vfs.isEmpty();
    }

    static boolean differs(VirtualFunction vf, VfGroup group) {
        return switch (group.deviceType()) {
            case VFIO_PCI -> !vf.pci().driver().equals(PciFunction.VFIO);
            case NETDEVICE ->
                    vf.pci().driver().isEmpty()
                            || vf.pci().isUserSpace()
                            || group.mtu() > 0
                                    && vf.netdev().exists()
                                    && vf.netdev().mtu() != group.mtu();
        };
    }
}
