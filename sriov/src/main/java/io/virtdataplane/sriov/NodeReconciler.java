package io.virtdataplane.sriov;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings the node's cards into line with the policies in force, as often as it is called; a pass
 * that finds all in order writes nothing. One PF's failure does not keep others from being done.
 * The caller makes one pass at a time.
 */
public final class NodeReconciler {
    private final Discovery discovery;
    private final SupportedNics nics;
    private final VfUse use;
    private final InitialStates initialStates;
    private final Provisioner provisioner;

    public NodeReconciler(
            Sysfs sysfs, VfLink link, VfUse use, SupportedNics nics, Path stateDirectory) {
        this(sysfs, link, use, nics, stateDirectory, Patience.DEFAULT);
    }

    public NodeReconciler(
            Sysfs sysfs,
            VfLink link,
            VfUse use,
            SupportedNics nics,
            Path stateDirectory,
            Patience patience) {
        this.discovery = new Discovery(sysfs, link::altNames);
        this.nics = nics;
        this.use = use;
        this.initialStates = new InitialStates(stateDirectory);
        this.provisioner = new Provisioner(sysfs, link, use, initialStates, patience);
    }

    public NodeState reconcile(List<NodePolicy> policies) {
        List<PfPlan> plans = plans(policies);
        List<String> errors = new ArrayList<>();
        for (PfPlan plan : plans) {
            attempt(plan.name(), errors, () -> provisioner.apply(plan));
        }
        for (PhysicalFunction pf : discovery.physicalFunctions()) {
            if (plans.stream().anyMatch(plan -> plan.address().equals(pf.address()))) {
                attempt(pf.name(), errors, () -> initialStates.noteNames(pf));
            }
        }
        for (String address : initialStates.addresses()) {
            if (plans.stream().noneMatch(plan -> plan.address().equals(address))) {
                attempt(address, errors, () -> release(address, policies));
            }
        }
        return state(
                plans,
                errors.isEmpty() ? NodeState.SyncStatus.SUCCEEDED : NodeState.SyncStatus.FAILED,
                String.join("; ", errors));
    }

    /**
     * Puts a card back that no policy selects. One that cannot be looked at now, or goes by another
     * name than that which a policy selects, only seems to be unselected: it is left as it is.
     */
    private void release(String address, List<NodePolicy> policies) {
        if (!discovery.exists(address)) {
            return; // taken out, or its driver is being loaded
        }
        PhysicalFunction pf = discovery.physicalFunction(address);
        InitialStates.Initial known = initialStates.of(address).orElseThrow();
        PhysicalFunction asKnown = pf.named(known.name(), known.altNames());
        boolean selected =
                !known.name().isEmpty() && !PfPlan.of(policies, List.of(asKnown), nics).isEmpty();
        if (selected || !pf.netdev().exists()) {
            throw new SriovException(
                    "PF must have its network device (the card is not changed): pf="
                            + known.name()
                            + " found="
                            + (pf.netdev().exists() ? pf.name() : "none"));
        }
        provisioner.restore(address);
    }

    /** As it is now, nothing changed. */
    public NodeState observe(
            List<NodePolicy> policies, NodeState.SyncStatus status, String lastSyncError) {
        return state(plans(policies), status, lastSyncError);
    }

    private List<PfPlan> plans(List<NodePolicy> policies) {
        return PfPlan.of(policies, discovery.physicalFunctions(), nics);
    }

    private NodeState state(List<PfPlan> plans, NodeState.SyncStatus status, String error) {
        List<PhysicalFunction> pfs = discovery.physicalFunctions();
        List<VirtualFunction> vfs = pfs.stream().flatMap(pf -> pf.vfs().stream()).toList();
        return new NodeState(pfs, plans, use.usersOf(vfs), status, error);
    }

    private static void attempt(String pf, List<String> errors, Runnable work) {
        try {
            work.run();
        } catch (SriovException e) {
            errors.add(pf + ": " + e.getMessage());
        } catch (RuntimeException e) { // a fault on one card leaves the others their turn
            errors.add(pf + ": " + e);
        }
    }
}
