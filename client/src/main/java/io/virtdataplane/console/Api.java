package io.virtdataplane.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.GetNodeStateRequest;
import io.virtdataplane.api.GetVersionRequest;
import io.virtdataplane.api.ListBridgesRequest;
import io.virtdataplane.api.ListStationsRequest;
import io.virtdataplane.api.Station;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** What the pages ask: JSON over calls of the control socket. */
public final class Api {
    private static final int STATIONS = 10_000;

    private final Client client;
    private final Machines machines;
    private final NetworkObjects networks;
    private final NicAttachment attachment;
    private final Traces traces;
    private final EventLog events;

    public Api(Client client, FlowWords flows) {
        this.client = client;
        machines = new Machines(client);
        networks = new NetworkObjects(client);
        attachment = new NicAttachment(client, networks);
        traces = new Traces(client, flows);
        events = new EventLog(request -> client.call().events(request));
    }

    /**
     * One call.
     *
     * @param call method and path
     * @param body null where the method has none
     */
    JsonNode answer(String call, Map<String, String> query, JsonNode body) {
        return switch (call) {
            case "GET /api/version" ->
                    Json.of(client.call().getVersion(GetVersionRequest.getDefaultInstance()));
            case "GET /api/node" -> machines.node();
            case "GET /api/nics" -> machines.list(query);
            case "GET /api/machine" -> machines.describe(query.getOrDefault("name", ""));
            case "POST /api/nics/preview" -> attachment.preview(body);
            case "POST /api/nics" -> attachment.attach(body);
            case "POST /api/trace" -> traces.given(body);
            case "GET /api/networks" -> networks.list(query);
            case "POST /api/networks/preview" -> NetworkObjects.preview(body);
            case "POST /api/networks" -> networks.create(body);
            case "GET /api/bridges" ->
                    Json.of(client.networks().listBridges(ListBridgesRequest.getDefaultInstance()));
            case "GET /api/stations" -> stations(query);
            case "GET /api/events" -> events(query);
            case "GET /api/sriov" ->
                    Json.of(client.sriov().getNodeState(GetNodeStateRequest.getDefaultInstance()));
            default -> throw new Refusal(Refusal.NOT_FOUND, "no such call: " + call);
        };
    }

    void traces(Map<String, String> query, Traces.Sink sink) throws IOException {
        traces.live(query.getOrDefault("nic", ""), sink);
    }

    private ObjectNode stations(Map<String, String> query) {
        Page page = Page.of(query);
        List<Station> rows =
                client
                        .networks()
                        .listStations(
                                ListStationsRequest.newBuilder()
                                        .setBridge(query.getOrDefault("bridge", ""))
                                        .setLimit(STATIONS)
                                        .build())
                        .getStationsList()
                        .stream()
                        .filter(one -> page.matches(one.getMac(), one.getPort()))
                        .toList();
        return page.answer(rows);
    }

    /** Newest first. */
    private ObjectNode events(Map<String, String> query) {
        Page page = Page.of(query);
        return page.answer(
                events.read().stream()
                        .filter(
                                event ->
                                        page.matches(
                                                event.getKind(),
                                                event.getNic(),
                                                event.getMessage()))
                        .toList());
    }
}
