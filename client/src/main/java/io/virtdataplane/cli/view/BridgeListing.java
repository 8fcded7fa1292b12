package io.virtdataplane.cli.view;

import io.grpc.Status;
import io.virtdataplane.api.Bridge;
import io.virtdataplane.api.BridgePort;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListBridgesRequest;
import io.virtdataplane.api.ListBridgesResponse;
import java.util.List;
import java.util.stream.Collectors;

/** Bridges of this node. */
final class BridgeListing implements Listing<ListBridgesResponse, Bridge> {
    @Override
    public List<String> names() {
        return List.of("bridges", "bridge");
    }

    @Override
    public ListBridgesResponse fetch(Client client, Query query) {
        return all(client, query);
    }

    /** Also for lists of what bridges have. */
    static ListBridgesResponse all(Client client, Query query) {
        String name = query.name();
        List<Bridge> chosen =
                client
                        .networks()
                        .listBridges(ListBridgesRequest.getDefaultInstance())
                        .getBridgesList()
                        .stream()
                        .filter(bridge -> name.isEmpty() || bridge.getName().equals(name))
                        .toList();
        if (chosen.isEmpty() && !name.isEmpty()) {
            throw Status.NOT_FOUND
                    .withDescription("no such bridge: name=" + name)
                    .asRuntimeException();
        }
        return ListBridgesResponse.newBuilder().addAllBridges(chosen).build();
    }

    @Override
    public List<Bridge> rows(ListBridgesResponse answer) {
        return answer.getBridgesList();
    }

    @Override
    public List<Column<Bridge>> columns() {
        return List.of(
                Column.of("NAME", Bridge::getName),
                Column.of("VLAN-FILTERING", bridge -> bridge.getVlanFiltering() ? "on" : "off"),
                Column.of("UPLINKS", BridgeListing::uplinks),
                Column.of("GUESTS", bridge -> Long.toString(guests(bridge))),
                Column.of("STATIONS", bridge -> Integer.toString(bridge.getStations())),
                Column.of("MTU", bridge -> Integer.toString(bridge.getMtu())));
    }

    private static String uplinks(Bridge bridge) {
        return bridge.getPortsList().stream()
                .filter(port -> port.getKind().equals("uplink"))
                .map(BridgePort::getDevice)
                .map(device -> device.substring("dev:".length()))
                .collect(Collectors.joining(","));
    }

    private static long guests(Bridge bridge) {
        return bridge.getPortsList().stream()
                .filter(port -> port.getKind().equals("guest"))
                .count();
    }
}
