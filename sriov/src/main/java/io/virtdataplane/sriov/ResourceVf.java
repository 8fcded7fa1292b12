package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A VF that serves a resource. */
public record ResourceVf(PhysicalFunction pf, VirtualFunction vf, VfGroup group) {
    /** The VFs of each resource; a VF belongs to the first group that has it. */
    public static Map<String, List<ResourceVf>> byResource(NodeState state) {
        Map<String, List<ResourceVf>> vfsByResource = new TreeMap<>();
        for (PfPlan plan : state.plans()) {
            for (PhysicalFunction pf : state.interfaces()) {
                if (pf.address().equals(plan.address())) {
                    for (VirtualFunction vf : pf.vfs()) {
                        plan.groupOf(vf)
                                .ifPresent(
                                        group ->
                                                vfsByResource
                                                        .computeIfAbsent(
                                                                group.resourceName(),
                                                                name -> new ArrayList<>())
                                                        .add(new ResourceVf(pf, vf, group)));
                    }
                }
            }
        }
        return vfsByResource;
    }

    public String address() {
        return vf.address();
    }

    /** Bound to what its group says. */
    public boolean isReady() {
        return !Drift.differs(vf, group);
    }
}
