package io.virtdataplane.daemon.service;

import io.virtdataplane.manifest.ServiceSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Machines by their labels, so that many Services find theirs without a look at each machine. Those
 * of one label are in the order in which they were given.
 */
final class Selection {
    private final Map<Label, List<Backend>> byLabel = new HashMap<>();

    private record Label(String namespace, String key, String value) {}

    Selection(Collection<Backend> machines) {
        for (Backend machine : machines) {
            machine.labels()
                    .forEach(
                            (key, value) ->
                                    byLabel.computeIfAbsent(
                                                    new Label(machine.namespace(), key, value),
                                                    label -> new ArrayList<>())
                                            .add(machine));
        }
    }

    /** Machines of its namespace that have all labels of its selector; none of an empty one. */
    List<Backend> of(ServiceSpec service) {
        List<Backend> fewest = null;
        for (Map.Entry<String, String> each : service.selector().entrySet()) {
            Label label = new Label(service.namespace(), each.getKey(), each.getValue());
            List<Backend> having = byLabel.getOrDefault(label, List.of());
            if (fewest == null || having.size() < fewest.size()) {
                fewest = having;
            }
        }
        return fewest == null
                ? List.of()
                : fewest.stream().filter(each -> each.has(service.selector())).toList();
    }
}
