package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtdataplane.daemon.network.Condition;
import io.virtdataplane.daemon.network.Conditions;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * NodeNetworkConfigurationEnactments: what became of each policy on each node. This node writes its
 * own, NODE.POLICY, and reads those of the others.
 */
final class Enactments {
    private static final String POLICY = "nmstate.io/policy"; // labels, as of Kubernetes NMState
    private static final String NODE = "nmstate.io/node";
    private static final List<String> STANDINGS =
            List.of("Available", "Failing", "Progressing", "Pending", "Aborted");
    private final KubernetesClient client;
    private final ClusterWriter writer;
    private final String node;
    private final Map<String, List<Map<String, Object>>> conditionsByPolicy = new HashMap<>();

    /**
     * One node's.
     *
     * @param standing the condition that is true; empty: none
     * @param reason of that condition
     * @param generation of the policy that it is about
     * @param sinceMs when a condition last changed
     */
    record Enactment(String node, String standing, String reason, long generation, long sinceMs) {}

    Enactments(KubernetesClient client, ClusterWriter writer, String node) {
        this.client = client;
        this.writer = writer;
        this.node = node;
    }

    private ObjectKey key(String policy) {
        return new ObjectKey(ClusterKind.NODE_NETWORK_ENACTMENT, "", node + "." + policy);
    }

    /** This node's turn, written anew whatever was there: others look at its time. */
    void claim(GenericKubernetesResource policy) {
        String name = policy.getMetadata().getName();
        conditionsByPolicy.put(name, List.of());
        writer.forget(key(name));
        var unused = write(policy, Conditions.enacting());
    }

    /** This node's, where it changes; false: it does not. */
    boolean write(GenericKubernetesResource policy, List<Condition> conditions) {
        String name = policy.getMetadata().getName();
        Map<String, Object> status = new LinkedHashMap<>();
        Object desired = policy.get("spec", "desiredState");
        if (desired != null) {
            status.put("desiredState", desired);
        }
        status.put("policyGeneration", policy.getMetadata().getGeneration());
        List<Map<String, Object>> written =
                ConditionMaps.of(
                        conditions, conditionsByPolicy.computeIfAbsent(name, this::onServer));
        status.put("conditions", written);
        boolean isNews =
                writer.write(key(name), new ClusterWriter.Content(metadata(policy), null, status));
        conditionsByPolicy.put(name, written);
        return isNews;
    }

    /** As an earlier run has left them: what says the same keeps its times. */
    private List<Map<String, Object>> onServer(String policy) {
        GenericKubernetesResource object =
                client.genericKubernetesResources(ClusterKind.NODE_NETWORK_ENACTMENT.context())
                        .withName(key(policy).name())
                        .get();
        return object == null ? List.of() : ConditionMaps.read(object);
    }

    private ObjectMeta metadata(GenericKubernetesResource policy) {
        return new ObjectMetaBuilder()
                .addToLabels(POLICY, policy.getMetadata().getName())
                .addToLabels(NODE, node)
                .addNewOwnerReference()
                .withApiVersion(ClusterKind.NODE_NETWORK_POLICY.apiVersion())
                .withKind(ClusterKind.NODE_NETWORK_POLICY.kind())
                .withName(policy.getMetadata().getName())
                .withUid(policy.getMetadata().getUid())
                .endOwnerReference()
                .build();
    }

    /** This node has no more to do with the policy. */
    void remove(String policy) {
        conditionsByPolicy.remove(policy);
        writer.delete(key(policy));
    }

    /** Those of all nodes, as they are now on the server: read from its store, not from a cache. */
    List<Enactment> of(String policy) {
        List<Enactment> all = new ArrayList<>();
        client.genericKubernetesResources(ClusterKind.NODE_NETWORK_ENACTMENT.context())
                .withLabel(POLICY, policy)
                .list()
                .getItems()
                .forEach(item -> all.add(read(item)));
        return all;
    }

    private static Enactment read(GenericKubernetesResource item) {
        List<Map<String, Object>> conditions = ConditionMaps.read(item);
        String standing =
                STANDINGS.stream()
                        .filter(type -> ConditionMaps.isTrue(conditions, type))
                        .findFirst()
                        .orElse("");
        Object generation = item.get("status", "policyGeneration");
        return new Enactment(
                item.getMetadata().getLabels().getOrDefault(NODE, ""),
                standing,
                ConditionMaps.reason(conditions, standing),
                generation instanceof Number number ? number.longValue() : 0,
                conditions.stream()
                        .map(condition -> String.valueOf(condition.get("lastHeartbeatTime")))
                        .mapToLong(Enactments::unixMs)
                        .max()
                        .orElse(0));
    }

    private static long unixMs(String time) {
        try {
            return Instant.parse(time).toEpochMilli();
        } catch (DateTimeParseException e) {
            return 0;
        }
    }
}
