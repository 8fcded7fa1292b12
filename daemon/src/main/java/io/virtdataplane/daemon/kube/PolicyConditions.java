package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.virtdataplane.daemon.kube.Enactments.Enactment;
import io.virtdataplane.daemon.network.Condition;
import io.virtdataplane.daemon.network.Conditions;
import java.net.HttpURLConnection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The status of a NodeNetworkConfigurationPolicy, of which all nodes are writers: whoever has
 * written an enactment computes it anew from all enactments, and writes it only over the version
 * that it has read.
 */
final class PolicyConditions {
    private static final int TRIES = 20;
    private final KubernetesClient client;
    private final Enactments enactments;
    private final AgentNodes nodes;

    PolicyConditions(KubernetesClient client, Enactments enactments) {
        this.client = client;
        this.enactments = enactments;
        this.nodes = new AgentNodes(client);
    }

    /** How many nodes the policy is for. */
    int nodes(Map<String, String> selector, List<Enactment> known) {
        Set<String> have = known.stream().map(Enactment::node).collect(Collectors.toSet());
        return Math.max(1, nodes.count(selector, have));
    }

    /** Again and again while others write between: what the last writer has seen stays. */
    void update(String policy, Map<String, String> selector) {
        for (int i = 0; i < TRIES; i++) {
            try {
                updateOnce(policy, selector);
                return;
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
            }
        }
        throw new IllegalStateException(
                policy + ": its status changes faster than it can be written");
    }

    private void updateOnce(String policy, Map<String, String> selector) {
        Resource<GenericKubernetesResource> resource =
                client.genericKubernetesResources(ClusterKind.NODE_NETWORK_POLICY.context())
                        .withName(policy);
        GenericKubernetesResource object = resource.get(); // before the enactments are read
        if (object == null) {
            return;
        }
        long generation = object.getMetadata().getGeneration();
        List<Enactment> all = enactments.of(policy);
        List<Map<String, Object>> before = ConditionMaps.read(object);
        List<Map<String, Object>> now =
                ConditionMaps.of(
                        conditions(all, generation, nodes(selector, all), selector), before);
        long progressing =
                all.stream().filter(each -> each.standing().equals("Progressing")).count();
        if (now.equals(before)) {
            return;
        }
        Map<String, Object> patch = new LinkedHashMap<>();
        patch.put("metadata", Map.of("resourceVersion", object.getMetadata().getResourceVersion()));
        patch.put("status", Map.of("conditions", now, "unavailableNodeCount", progressing));
        resource.subresource("status")
                .patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(patch));
    }

    private List<Condition> conditions(
            List<Enactment> all, long generation, int count, Map<String, String> selector) {
        if (all.isEmpty()) {
            return nodes.isNone(selector) ? Conditions.ignored() : Conditions.progressing(0, count);
        }
        int done = count(all, generation, "Available");
        int failed = count(all, generation, "Failing");
        int aborted = count(all, generation, "Aborted");
        if (done + failed + aborted < count) {
            return Conditions.progressing(done + failed + aborted, count);
        }
        return failed + aborted == 0
                ? Conditions.succeeded(done, count)
                : Conditions.failed(failed, aborted, count);
    }

    private static int count(List<Enactment> all, long generation, String standing) {
        return (int)
                all.stream()
                        .filter(each -> each.generation() == generation)
                        .filter(each -> each.standing().equals(standing))
                        .count();
    }
}
