package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Where a PF differs from its plan. None: a pass over it writes nothing.
 *
 * @param pf what differs of the PF itself
 * @param vfs those that exist and have to be bound or set otherwise
 */
record Drift(Set<Part> pf, List<VirtualFunction> vfs) {
    /** A part of a PF that its plan decides. */
    enum Part {
        /** The VFs have to be made anew. */
        VF_COUNT,
        /** Its MTU is less than the plan's. */
        MTU,
        /** It is not set up by the administrator. */
        LINK
    }

    static Drift of(PfPlan plan, PhysicalFunction pf) {
        Set<Part> parts = EnumSet.noneOf(Part.class);
        if (!plan.externallyManaged()) {
            if (pf.numVfs() != plan.numVfs()) {
                parts.add(Part.VF_COUNT);
            }
            if (pf.netdev().mtu() < plan.mtu()) { // raised by others it may stay
                parts.add(Part.MTU);
            }
        }
        if (!pf.netdev().up()) {
            parts.add(Part.LINK);
        }
        List<VirtualFunction> different = new ArrayList<>();
        for (VirtualFunction vf : pf.vfs()) {
            plan.groupOf(vf)
                    .filter(group -> differs(vf, group))
                    .ifPresent(group -> different.add(vf));
        }
        return new Drift(parts, different);
    }

    boolean isNone() {
        return pf.isEmpty() && vfs.isEmpty();
    }

    boolean has(Part part) {
        return pf.contains(part);
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
