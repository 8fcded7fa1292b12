package io.virtdataplane.cli.view;

import io.virtdataplane.api.BridgePort;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListBridgesResponse;
import java.util.List;

/** As bridge(8) shows them: which VLANs a port has, and how. */
final class VlanListing implements Listing<ListBridgesResponse, BridgePort> {
    @Override
    public List<String> names() {
        return List.of("vlans", "vlan");
    }

    @Override
    public ListBridgesResponse fetch(Client client, Query query) {
        return BridgeListing.all(client, query);
    }

    @Override
    public List<BridgePort> rows(ListBridgesResponse answer) {
        return answer.getBridgesList().stream()
                .flatMap(bridge -> bridge.getPortsList().stream())
                .toList();
    }

    @Override
    public List<Column<BridgePort>> columns() {
        return List.of(
                Column.of("BRIDGE", BridgePort::getBridge),
                Column.of("PORT", BridgePort::getName),
                Column.of("PVID", port -> Cells.positive(port.getPvid())),
                Column.of("UNTAGGED", BridgePort::getUntagged),
                Column.of("TAGGED", BridgePort::getTagged));
    }
}
