package io.virtdataplane.sriov;

import java.util.List;
import java.util.Map;

/**
 * The node as a SriovNetworkNodeState tells of it.
 *
 * @param plans what the PFs are to be
 * @param userByAddress of the VFs that have one
 * @param lastSyncError empty unless the status is FAILED
 */
public record NodeState(
        List<PhysicalFunction> interfaces,
        List<PfPlan> plans,
        Map<String, String> userByAddress,
        SyncStatus syncStatus,
        String lastSyncError) {
    /** How the last pass went. */
    public enum SyncStatus {
        SUCCEEDED("Succeeded"),
        IN_PROGRESS("InProgress"),
        FAILED("Failed");

        private final String word;

        SyncStatus(String word) {
            this.word = word;
        }

        @Override
        public String toString() {
            return word;
        }
    }

    /** The same node, of which the last pass has failed before it could look. */
    public NodeState failed(String error) {
        return new NodeState(interfaces, plans, userByAddress, SyncStatus.FAILED, error);
    }

    public NodeState {
        interfaces = List.copyOf(interfaces);
        plans = List.copyOf(plans);
        userByAddress = Map.copyOf(userByAddress);
    }
}
