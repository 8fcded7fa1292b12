package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.virtdataplane.daemon.network.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Conditions as Kubernetes NMState has them in a status, with the times of their changes. */
final class ConditionMaps {
    private static final String TYPE = "type";
    private static final String STATUS = "status";
    private static final String TRANSITION = "lastTransitionTime";
    private static final String HEARTBEAT = "lastHeartbeatTime";

    private ConditionMaps() {}

    /**
     * @param before what was written last: a condition that says the same keeps its times
     */
    static List<Map<String, Object>> of(
            List<Condition> conditions, List<Map<String, Object>> before) {
        String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        List<Map<String, Object>> all = new ArrayList<>();
        for (Condition condition : conditions) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put(TYPE, condition.type());
            map.put(STATUS, condition.status());
            map.put("reason", condition.reason());
            map.put("message", condition.message());
            Optional<Map<String, Object>> old = find(before, condition.type());
            boolean isSame = old.isPresent() && old.get().entrySet().containsAll(map.entrySet());
            boolean hasStatus = old.isPresent() && condition.status().equals(old.get().get(STATUS));
            map.put(HEARTBEAT, isSame ? old.get().get(HEARTBEAT) : now);
            map.put(TRANSITION, hasStatus ? old.get().get(TRANSITION) : now);
            all.add(map);
        }
        return all;
    }

    private static Optional<Map<String, Object>> find(List<Map<String, Object>> all, String type) {
        return all.stream().filter(condition -> type.equals(condition.get(TYPE))).findFirst();
    }

    static boolean isTrue(List<Map<String, Object>> all, String type) {
        return find(all, type)
                .filter(condition -> "True".equals(condition.get(STATUS)))
                .isPresent();
    }

    /** Empty where there is no such condition. */
    static String reason(List<Map<String, Object>> all, String type) {
        return find(all, type).map(condition -> String.valueOf(condition.get("reason"))).orElse("");
    }

    /** What is no map in the list is left out: others may write there too. */
    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> read(GenericKubernetesResource object) {
        Object conditions = object.get(STATUS, "conditions");
        if (!(conditions instanceof List<?> list)) {
            return List.of();
        }
        return list.stream()
                .filter(Map.class::isInstance)
                .map(each -> (Map<String, Object>) each)
                .toList();
    }
}
