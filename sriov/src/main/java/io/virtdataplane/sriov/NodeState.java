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

    public NodeState {
        interfaces = List.copyOf(interfaces);
        plans = List.copyOf(plans);
        userByAddress = Map.copyOf(userByAddress);
    }
}
