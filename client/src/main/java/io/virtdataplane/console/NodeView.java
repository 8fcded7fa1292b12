package io.virtdataplane.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.VerdictCount;
import io.virtdataplane.api.Worker;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** The node as a whole, as top shows it: its busiest NICs, drops by reason, packet threads. */
final class NodeView {
    private static final int BUSIEST = 10;

    private NodeView() {}

    static ObjectNode of(Samples.Snapshot now) {
        List<Nic> nics = now.nics().getNicsList();
        ObjectNode answer =
                Json.object()
                        .put("nics", nics.size())
                        .put("machines", now.nics().getMachinesCount())
                        .put("sessions", nics.stream().mapToLong(Nic::getSessions).sum());
        ArrayNode warnings = answer.putArray("warnings");
        now.nics().getWarningsList().forEach(warnings::add);
        totals(answer.putArray("rates"), now);
        workers(answer.putArray("workers"), now);
        drops(answer.putArray("drops"), now);
        ArrayNode busiest = answer.putArray("busiest");
        nics.stream()
                .sorted(
                        Comparator.comparingDouble((Nic nic) -> bits(now.rate(nic.getName())))
                                .reversed()
                                .thenComparing(Nic::getName))
                .limit(BUSIEST)
                .forEach(nic -> busiest.add(Machines.row(nic, now)));
        return answer;
    }

    private static double bits(Samples.Rate rate) {
        return rate.bitsOut() + rate.bitsIn();
    }

    /** Of all NICs together; of one that came meanwhile, from when it came. */
    private static void totals(ArrayNode to, Samples.Snapshot now) {
        int length = now.ratesByNic().values().stream().mapToInt(List::size).max().orElse(0);
        double[] out = new double[length];
        double[] in = new double[length];
        for (List<Samples.Rate> rates : now.ratesByNic().values()) {
            int first = length - rates.size();
            for (int i = 0; i < rates.size(); i++) {
                out[first + i] += rates.get(i).bitsOut();
                in[first + i] += rates.get(i).bitsIn();
            }
        }
        IntStream.range(0, length)
                .forEach(
                        i ->
                                to.addObject()
                                        .put("bitsOut", Math.round(out[i]))
                                        .put("bitsIn", Math.round(in[i])));
    }

    private static void workers(ArrayNode to, Samples.Snapshot now) {
        Map<Integer, Integer> nicsByWorker = new HashMap<>();
        now.nics()
                .getNicsList()
                .forEach(nic -> nicsByWorker.merge(nic.getWorker(), 1, Integer::sum));
        for (Worker worker : now.nics().getWorkersList()) {
            ObjectNode row =
                    to.addObject()
                            .put("number", worker.getNumber())
                            .put("isUp", worker.getCpuNs() >= 0)
                            .put("nics", nicsByWorker.getOrDefault(worker.getNumber(), 0));
            ArrayNode load = row.putArray("load");
            now.loadByWorker().getOrDefault(worker.getNumber(), List.of()).forEach(load::add);
        }
    }

    /** Most first. */
    private static void drops(ArrayNode to, Samples.Snapshot now) {
        Map<String, VerdictCount> sums = new TreeMap<>();
        for (Nic nic : now.nics().getNicsList()) {
            for (VerdictCount one : nic.getCounters().getVerdictsList()) {
                if (one.getDrop()) {
                    sums.merge(one.getVerdict(), one, NodeView::sum);
                }
            }
        }
        sums.values().stream()
                .sorted(Collections.reverseOrder(Comparator.comparingLong(VerdictCount::getFrames)))
                .forEach(
                        one -> {
                            ObjectNode row = Json.of(one);
                            ArrayNode rates = row.putArray("rates");
                            now.dropsByReason()
                                    .getOrDefault(one.getVerdict(), List.of())
                                    .forEach(rates::add);
                            to.add(row);
                        });
    }

    private static VerdictCount sum(VerdictCount one, VerdictCount other) {
        return one.toBuilder().setFrames(one.getFrames() + other.getFrames()).build();
    }
}
