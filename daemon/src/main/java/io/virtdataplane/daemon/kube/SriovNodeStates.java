package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.virtdataplane.daemon.sriov.SriovNode;
import io.virtdataplane.sriov.NodeState;
import io.virtdataplane.sriov.PfPlan;
import io.virtdataplane.sriov.PhysicalFunction;
import io.virtdataplane.sriov.VfGroup;
import io.virtdataplane.sriov.VirtualFunction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * This node's SriovNetworkNodeState: what its cards are to be, what they are, and whether the last
 * pass went well ({@code status.syncStatus}).
 */
final class SriovNodeStates {
    private static final long LOOK_ANYWAY_NS = 30_000_000_000L; // users of VFs come and go
    private final ClusterWriter writer;
    private final ObjectKey key;
    private final SriovNode node;
    private long generation = -1;
    private long lookedNs;

    /**
     * @param namespace of the operator's objects
     */
    SriovNodeStates(ClusterWriter writer, String namespace, String nodeName, SriovNode node) {
        this.writer = writer;
        this.key = new ObjectKey(ClusterKind.SRIOV_NODE_STATE, namespace, nodeName);
        this.node = node;
    }

    void publish() {
        long now = node.generation();
        if (now == generation && System.nanoTime() - lookedNs < LOOK_ANYWAY_NS) {
            return;
        }
        NodeState state = node.state();
        writer.write(
                key,
                new ClusterWriter.Content(
                        new ObjectMeta(), Map.of("interfaces", plans(state)), status(state)));
        generation = now;
        lookedNs = System.nanoTime();
    }

    private static List<Map<String, Object>> plans(NodeState state) {
        return state.plans().stream().map(SriovNodeStates::plan).toList();
    }

    private static Map<String, Object> plan(PfPlan plan) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("pciAddress", plan.address());
        map.put("name", plan.name());
        map.put("numVfs", plan.numVfs());
        put(map, "mtu", plan.mtu());
        if (plan.externallyManaged()) {
            map.put("externallyManaged", true);
        }
        map.put("vfGroups", plan.groups().stream().map(SriovNodeStates::group).toList());
        return map;
    }

    private static Map<String, Object> group(VfGroup group) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("resourceName", group.resourceName());
        map.put("deviceType", group.deviceType().toString());
        map.put("vfRange", group.range().toString());
        map.put("policyName", group.policyName());
        put(map, "mtu", group.mtu());
        if (group.isRdma()) {
            map.put("isRdma", true);
        }
        return map;
    }

    private static Map<String, Object> status(NodeState state) {
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("interfaces", state.interfaces().stream().map(SriovNodeStates::pf).toList());
        status.put("syncStatus", state.syncStatus().toString());
        status.put("lastSyncError", state.lastSyncError());
        return status;
    }

    private static Map<String, Object> pf(PhysicalFunction pf) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("pciAddress", pf.address());
        map.put("name", pf.name());
        map.put("driver", pf.pci().driver());
        map.put("vendor", pf.pci().vendor());
        map.put("deviceID", pf.pci().deviceId());
        put(map, "mac", pf.netdev().mac());
        put(map, "mtu", pf.netdev().mtu());
        put(map, "linkSpeed", pf.netdev().speed());
        put(map, "linkType", pf.netdev().linkType());
        map.put("linkAdminState", pf.netdev().up() ? "up" : "down");
        map.put("totalvfs", pf.totalVfs());
        put(map, "numVfs", pf.numVfs());
        if (!pf.netdev().altNames().isEmpty()) {
            map.put("altNames", pf.netdev().altNames());
        }
        map.put("Vfs", pf.vfs().stream().map(SriovNodeStates::vf).toList());
        return map;
    }

    private static Map<String, Object> vf(VirtualFunction vf) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("pciAddress", vf.address());
        map.put("vfID", vf.index());
        map.put("vendor", vf.pci().vendor());
        map.put("deviceID", vf.pci().deviceId());
        put(map, "driver", vf.pci().driver());
        put(map, "name", vf.netdev().name());
        put(map, "mac", vf.netdev().mac());
        put(map, "mtu", vf.netdev().mtu());
        return map;
    }

    /** Nothing where it is not known. */
    private static void put(Map<String, Object> map, String field, String value) {
        if (!value.isEmpty()) {
            map.put(field, value);
        }
    }

    private static void put(Map<String, Object> map, String field, int value) {
        if (value > 0) {
            map.put(field, value);
        }
    }
}
