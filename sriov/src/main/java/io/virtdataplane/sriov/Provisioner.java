package io.virtdataplane.sriov;

import java.util.List;

/**
 * Makes a PF what its plan says, in the SR-IOV operator's order of writes: VF count, PF's MTU, each
 * VF, PF's link. What must hold is checked before the first write; a failure after it takes the VFs
 * away again. Called by {@link NodeReconciler} only, one PF at a time.
 */
final class Provisioner {
    private final Sysfs sysfs;
    private final Discovery discovery;
    private final VfBinding binding;
    private final VfUse use;
    private final InitialStates initialStates;
    private final Patience patience;

    Provisioner(
            Sysfs sysfs, VfLink link, VfUse use, InitialStates initialStates, Patience patience) {
        this.sysfs = sysfs;
        this.discovery = new Discovery(sysfs);
        this.binding = new VfBinding(sysfs, link, patience);
        this.use = use;
        this.initialStates = initialStates;
        this.patience = patience;
    }

    void apply(PfPlan plan) {
        PhysicalFunction pf = discovery.physicalFunction(plan.address());
        if (plan.externallyManaged()) {
            initialStates.forget(plan.address()); // from now on not ours to put back
        }
        check(plan, pf);
        Drift drift = Drift.of(plan, pf);
        if (drift.isNone()) {
            return;
        }
        List<VirtualFunction> disturbed = drift.has(Drift.Part.VF_COUNT) ? pf.vfs() : drift.vfs();
        disturbed.forEach(vf -> use.mustBeFree(pf, vf));
        if (!plan.externallyManaged()) {
            initialStates.note(pf);
        }
        try {
            change(plan, pf, drift);
        } catch (RuntimeException e) {
            SriovException cause =
                    e instanceof SriovException known ? known : new SriovException(e.toString(), e);
            throw plan.externallyManaged()
                    ? cause
                    : afterReset(pf, cause, drift.has(Drift.Part.VF_COUNT));
        }
    }

    private void check(PfPlan plan, PhysicalFunction pf) {
        if (!pf.netdev().exists()) {
            throw new SriovException("PF must have a network device: pciAddress=" + plan.address());
        }
        if (plan.externallyManaged()) {
            must(
                    pf.numVfs() >= plan.numVfs(),
                    "externally managed PF must have at least the VFs of the policy: pf="
                            + pf.name()
                            + " numVfs="
                            + pf.numVfs()
                            + " wanted="
                            + plan.numVfs());
            must(
                    pf.netdev().mtu() >= plan.mtu(),
                    "externally managed PF must have at least the MTU of the policy: pf="
                            + pf.name()
                            + " mtu="
                            + pf.netdev().mtu()
                            + " wanted="
                            + plan.mtu());
        }
        must(
                plan.numVfs() <= pf.totalVfs(),
                "cannot config SRIOV device: NumVfs ("
                        + plan.numVfs()
                        + ") is larger than TotalVfs ("
                        + pf.totalVfs()
                        + ")");
        boolean vfio =
                plan.groups().stream()
                        .anyMatch(g -> g.deviceType() == NodePolicy.DeviceType.VFIO_PCI);
        must(
                !vfio || sysfs.exists(VfBinding.VFIO_DRIVER),
                "driver vfio-pci must be loaded (modprobe vfio-pci): pf=" + pf.name());
    }

    private void change(PfPlan plan, PhysicalFunction before, Drift drift) {
        if (drift.has(Drift.Part.VF_COUNT)) {
            count(before, plan.numVfs());
        }
        if (drift.has(Drift.Part.MTU)) {
            mtu(before, plan.mtu());
        }
        PhysicalFunction pf = discovery.physicalFunction(plan.address());
        List<Integer> different = drift.vfs().stream().map(VirtualFunction::index).toList();
        for (VirtualFunction vf : pf.vfs()) {
            if (drift.has(Drift.Part.VF_COUNT) || different.contains(vf.index())) {
                plan.groupOf(vf).ifPresent(group -> binding.bind(pf, vf, group));
            }
        }
        if (!pf.netdev().up()) {
            up(pf);
        }
    }

    /** The kernel wants a way through 0 from one count to another (EBUSY otherwise). */
    private void count(PhysicalFunction pf, int numVfs) {
        String address = pf.address();
        String file = Discovery.DEVICES + address + "/sriov_numvfs";
        sysfs.write(file, "0");
        pf.vfs().forEach(use::tornDown);
        if (numVfs == 0) {
            return;
        }
        sysfs.write(file, Integer.toString(numVfs));
        boolean complete =
                patience.until(
                        patience.vfs(),
                        () -> discovery.physicalFunction(address).vfs().size() == numVfs);
        must(
                complete,
                "VFs must appear within "
                        + patience.vfs().toSeconds()
                        + " s: pciAddress="
                        + address
                        + " wanted="
                        + numVfs
                        + " found="
                        + discovery.physicalFunction(address).vfs().size());
    }

    private void mtu(PhysicalFunction pf, int mtu) {
        sysfs.write(net(pf) + "/mtu", Integer.toString(mtu));
    }

    private void up(PhysicalFunction pf) {
        int flags = sysfs.number(net(pf) + "/flags", 0);
        sysfs.write(net(pf) + "/flags", "0x" + Integer.toHexString(flags | 1)); // IFF_UP
    }

    private String net(PhysicalFunction pf) {
        return discovery.netDirectory(pf.address()) + "/" + pf.name();
    }

    private SriovException afterReset(
            PhysicalFunction before, SriovException cause, boolean newVfs) {
        PhysicalFunction pf = discovery.physicalFunction(before.address());
        for (VirtualFunction vf : pf.vfs()) {
            String user = newVfs ? use.holderOfNew(vf) : use.holderOf(vf);
            if (!user.isEmpty()) {
                return new SriovException(
                        cause.getMessage() + "; not reset: VF in use: vf=" + vf.index(), cause);
            }
        }
        try {
            reset(pf, 0);
            return cause;
        } catch (SriovException e) {
            return new SriovException(
                    cause.getMessage() + "; reset failed: " + e.getMessage(), cause);
        }
    }

    private void reset(PhysicalFunction pf, int numVfs) {
        if (pf.numVfs() > 0 || numVfs > 0) {
            count(pf, numVfs);
        }
        int mtu = initialStates.of(pf.address()).map(InitialStates.Initial::mtu).orElse(1500);
        if (pf.netdev().exists() && pf.netdev().mtu() != mtu) {
            mtu(pf, mtu);
        }
    }

    /** As it was before the first policy; nothing where we never changed it. */
    void restore(String address) {
        PhysicalFunction pf = discovery.physicalFunction(address);
        pf.vfs().forEach(vf -> use.mustBeFree(pf, vf));
        initialStates.of(address).ifPresent(initial -> reset(pf, initial.numVfs()));
        initialStates.forget(address);
    }

    private static void must(boolean holds, String rule) {
        if (!holds) {
            throw new SriovException(rule);
        }
    }
}
