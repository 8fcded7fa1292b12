package io.virtdataplane.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.GuestAddress;
import io.virtdataplane.api.ListRequest;
import io.virtdataplane.api.Machine;
import io.virtdataplane.api.Nic;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Machines and their NICs, with rates. */
final class Machines {
    private final Samples samples;
    private final VfUsers vfs;

    Machines(Client client) {
        vfs = new VfUsers(client);
        samples =
                new Samples(
                        () -> client.call().list(ListRequest.getDefaultInstance()),
                        System::nanoTime);
    }

    /** A row for each NIC, by name unless "sort" says otherwise. */
    ObjectNode list(Map<String, String> query) {
        Page page = Page.of(query);
        Samples.Snapshot now = samples.read();
        List<Nic> rows = new ArrayList<>();
        for (Nic nic : now.nics().getNicsList()) {
            if (page.matches(nic.getName(), nic.getNetwork(), nic.getBridge(), addresses(nic))) {
                rows.add(nic);
            }
        }
        rows.sort(order(query, now));
        ObjectNode answer = Json.object().put("total", rows.size());
        ArrayNode items = answer.putArray("items");
        page.of(rows).forEach(nic -> items.add(row(nic, now)));
        ArrayNode warnings = answer.putArray("warnings");
        now.nics().getWarningsList().forEach(warnings::add);
        return answer;
    }

    ObjectNode node() {
        return NodeView.of(samples.read());
    }

    /** One machine: its status, its NICs. */
    ObjectNode describe(String name) {
        Samples.Snapshot now = samples.read();
        Machine machine =
                now.nics().getMachinesList().stream()
                        .filter(one -> one.getName().equals(name))
                        .findAny()
                        .orElseThrow(
                                () ->
                                        new Refusal(
                                                Refusal.NOT_FOUND,
                                                "no such machine: machine=" + name));
        ObjectNode answer = Json.of(machine);
        ArrayNode nics = answer.putArray("nics");
        for (Nic nic : now.nics().getNicsList()) {
            if (nic.getMachine().equals(name)) {
                nics.add(row(nic, now));
            }
        }
        ArrayNode functions = answer.putArray("vfs");
        vfs.of(name).forEach((nic, vf) -> functions.add(Json.of(vf).put("interface", nic)));
        return answer;
    }

    static ObjectNode row(Nic nic, Samples.Snapshot now) {
        ObjectNode row = Json.of(nic);
        row.put("drops", Samples.drops(nic.getCounters()));
        ArrayNode history = row.putArray("rates");
        for (Samples.Rate rate : now.ratesByNic().getOrDefault(nic.getName(), List.of())) {
            history.addObject()
                    .put("bitsOut", Math.round(rate.bitsOut()))
                    .put("bitsIn", Math.round(rate.bitsIn()))
                    .put("framesOut", Math.round(rate.framesOut()))
                    .put("framesIn", Math.round(rate.framesIn()))
                    .put("drops", rate.drops());
        }
        return row;
    }

    private static String addresses(Nic nic) {
        return String.join(
                " ", nic.getAddressesList().stream().map(GuestAddress::getAddress).toList());
    }

    private static Comparator<Nic> order(Map<String, String> query, Samples.Snapshot now) {
        String sort = query.getOrDefault("sort", "name");
        Comparator<Nic> order =
                switch (sort) {
                    case "name" -> Comparator.comparing(Nic::getName);
                    case "sessions" -> Comparator.comparingInt(Nic::getSessions);
                    case "drops" -> Comparator.comparingLong(n -> Samples.drops(n.getCounters()));
                    case "out" -> rate(now, Samples.Rate::bitsOut);
                    case "in" -> rate(now, Samples.Rate::bitsIn);
                    default ->
                            throw new Refusal(
                                    Refusal.BAD_REQUEST,
                                    "sort",
                                    "sort must be name, sessions, drops, out or in: sort=" + sort);
                };
        return query.getOrDefault("order", "").equals("descending") ? order.reversed() : order;
    }

    private static Comparator<Nic> rate(
            Samples.Snapshot now, ToDoubleFunction<Samples.Rate> which) {
        return Comparator.comparingDouble(nic -> which.applyAsDouble(now.rate(nic.getName())));
    }
}
