package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What one PF is to become, merged from all policies that select it. Inert: {@link Provisioner}
 * makes it so.
 *
 * @param groups that of the policy applied last stands first
 */
public record PfPlan(String address, String name, PfSetup setup, List<VfGroup> groups) {
    public PfPlan {
        groups = List.copyOf(groups);
    }

    /**
     * Policies are applied from the highest priority number to the lowest, and by name among
     * equals, so that the lowest number has the last word.
     */
    public static List<PfPlan> of(
            List<NodePolicy> policies, List<PhysicalFunction> pfs, SupportedNics nics) {
        List<NodePolicy> ordered =
                policies.stream()
                        .sorted(
                                Comparator.comparingInt(NodePolicy::priority)
                                        .reversed()
                                        .thenComparing(NodePolicy::name))
                        .toList();
        Map<String, PfPlan> planByAddress = new LinkedHashMap<>();
        int previousPriority = -1;
        for (NodePolicy policy : ordered) {
            boolean equalPriority = policy.priority() == previousPriority;
            for (PhysicalFunction pf : pfs) {
                if (nics.has(pf) && policy.nicSelector().selects(pf)) {
                    planByAddress.merge(
                            pf.address(),
                            of(policy, pf),
                            (older, newer) -> newer.over(older, equalPriority));
                }
            }
            previousPriority = policy.priority();
        }
        return List.copyOf(planByAddress.values());
    }

    private static PfPlan of(NodePolicy policy, PhysicalFunction pf) {
        return new PfPlan(pf.address(), pf.name(), policy.pf(), List.of(policy.groupOn(pf)));
    }

    /** Groups of another resource and range live on beside ours; otherwise we replace the older. */
    private PfPlan over(PfPlan older, boolean equalPriority) {
        VfGroup ours = groups.getFirst();
        List<VfGroup> merged = new ArrayList<>(groups);
        for (VfGroup group : older.groups) {
            if (!group.resourceName().equals(ours.resourceName())
                    && !group.range().overlaps(ours.range())) {
                merged.add(group);
            }
        }
        if (!equalPriority && merged.size() == 1) {
            return this;
        }
        return new PfPlan(address, name, setup.max(older.setup), merged);
    }

    public int numVfs() {
        return setup.numVfs();
    }

    /** At least; 0: as it is. */
    public int mtu() {
        return setup.mtu();
    }

    public boolean externallyManaged() {
        return setup.externallyManaged();
    }

    public Optional<VfGroup> groupOf(VirtualFunction vf) {
        return groups.stream().filter(group -> group.range().contains(vf.index())).findFirst();
    }
}
