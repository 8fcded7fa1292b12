package io.virtdataplane.cli.view;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.GetNodeStateRequest;
import io.virtdataplane.api.SriovNodeState;
import io.virtdataplane.api.WatchNodeStateRequest;
import java.util.Iterator;
import java.util.List;

/** Whether the node is in line with its SR-IOV policies. */
final class SriovStateListing implements Listing<SriovNodeState, SriovNodeState> {
    @Override
    public List<String> names() {
        return List.of("sriov-state");
    }

    @Override
    public SriovNodeState fetch(Client client, Query query) {
        return client.sriov().getNodeState(GetNodeStateRequest.getDefaultInstance());
    }

    @Override
    public boolean canBeWatched() {
        return true;
    }

    @Override
    public Iterator<SriovNodeState> watch(Client client, Query query) {
        return client.sriov().watchNodeState(WatchNodeStateRequest.getDefaultInstance());
    }

    @Override
    public List<SriovNodeState> rows(SriovNodeState answer) {
        return List.of(answer);
    }

    @Override
    public List<Column<SriovNodeState>> columns() {
        return List.of(
                Column.of("STATUS", SriovNodeState::getSyncStatus),
                Column.of("POLICIES", state -> String.join(",", state.getPoliciesList())),
                Column.of("NETWORKS", state -> String.join(",", state.getNetworksList())),
                Column.of("PFS", state -> Integer.toString(state.getInterfacesCount())),
                Column.of("ERROR", SriovNodeState::getLastSyncError));
    }
}
