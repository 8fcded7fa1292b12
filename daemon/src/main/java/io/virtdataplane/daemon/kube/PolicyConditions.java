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
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The status of a NodeNetworkConfigurationPolicy, of which all nodes are writers: whoever has
 * written an enactment computes it anew from all enactments, and writes it only over the version
 * that it has read.
 */
final class PolicyConditions {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyConditions.class);
    private static final int TRIES = 20;
    private static final long LONGEST_PAUSE_MS = 100;
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

    /** As {@link #update}, where the next writer will do as well. */
    void tryUpdate(String policy, Map<String, String> selector) {
        try {
            update(policy, selector);
        } catch (KubernetesClientException | IllegalStateException e) {
            LOG.debug("policy's conditions not updated: policy={} {}", policy, e.getMessage());
        }
    }

    /** Again and again while others write between: what the last writer has seen stays. */
    void update(String policy, Map<String, String> selector) {
        write(policy, object -> conditions(object, selector));
    }

    /** Nothing in it is for us on any node. */
    void leftToOthers(String policy) {
        write(policy, object -> Conditions.leftToOthers());
    }

    private void write(
            String policy, Function<GenericKubernetesResource, List<Condition>> conditions) {
        for (int i = 0; i < TRIES; i++) {
            try {
                writeOnce(policy, conditions);
                return;
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                pause();
            }
        }
        throw new IllegalStateException(
                policy + ": its status changes faster than it can be written");
    }

    private static void pause() {
        try {
            Thread.sleep(ThreadLocalRandom.current().nextLong(LONGEST_PAUSE_MS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private void writeOnce(
            String policy, Function<GenericKubernetesResource, List<Condition>> conditions) {
        Resource<GenericKubernetesResource> resource =
                client.genericKubernetesResources(ClusterKind.NODE_NETWORK_POLICY.context())
                        .withName(policy);
        GenericKubernetesResource object = resource.get(); // before the enactments are read
        if (object == null) {
            return;
        }
        List<Map<String, Object>> before = ConditionMaps.read(object);
        List<Map<String, Object>> now = ConditionMaps.of(conditions.apply(object), before);
        if (now.equals(before)) {
            return;
        }
        Map<String, Object> patch = new LinkedHashMap<>();
        patch.put("metadata", Map.of("resourceVersion", object.getMetadata().getResourceVersion()));
        patch.put("status", Map.of("conditions", now, "unavailableNodeCount", atIt(policy)));
        resource.subresource("status")
                .patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(patch));
    }

    private long atIt(String policy) {
        return enactments.of(policy).stream()
                .filter(each -> each.standing().equals("Progressing"))
                .count();
    }

    private List<Condition> conditions(
            GenericKubernetesResource policy, Map<String, String> selector) {
        long generation = policy.getMetadata().getGeneration();
        List<Enactment> all = nodes.known(selector, enactments.of(policy.getMetadata().getName()));
        int count = nodes(selector, all);
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
