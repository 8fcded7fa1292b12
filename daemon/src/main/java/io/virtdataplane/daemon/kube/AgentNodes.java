package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which nodes a policy is for: those with its labels that run an agent of ours. Remembered for a
 * while, since each of many nodes asks again and again.
 */
final class AgentNodes {
    private static final long FRESH_NS = 10_000_000_000L;
    private static final long MISSED_NS = 60_000_000_000L;
    private final KubernetesClient client;
    private final Map<Map<String, String>, Seen> seenBySelector = new HashMap<>();
    private final Set<String> withState = new HashSet<>();
    private final Map<String, Long> withoutState = new HashMap<>(); // and when it was asked

    private record Seen(List<Node> nodes, long atNs) {}

    AgentNodes(KubernetesClient client) {
        this.client = client;
    }

    /**
     * @param haveEnactment nodes that are known to run an agent
     */
    int count(Map<String, String> selector, Set<String> haveEnactment) {
        return (int) nodes(selector).stream().filter(node -> isOurs(node, haveEnactment)).count();
    }

    /** Without those of nodes that the cluster has no more; all, where it has none at all. */
    List<Enactments.Enactment> known(
            Map<String, String> selector, List<Enactments.Enactment> enactments) {
        Set<String> names =
                nodes(selector).stream()
                        .map(node -> node.getMetadata().getName())
                        .collect(Collectors.toSet());
        return names.isEmpty()
                ? enactments
                : enactments.stream().filter(each -> names.contains(each.node())).toList();
    }

    boolean isNone(Map<String, String> selector) {
        return nodes(selector).isEmpty();
    }

    private List<Node> nodes(Map<String, String> selector) {
        Seen seen = seenBySelector.get(selector);
        if (seen == null || System.nanoTime() - seen.atNs() > FRESH_NS) {
            seen =
                    new Seen(
                            client.nodes().withLabels(selector).list().getItems(),
                            System.nanoTime());
            seenBySelector.values().removeIf(old -> System.nanoTime() - old.atNs() > FRESH_NS);
            seenBySelector.put(selector, seen);
        }
        return seen.nodes();
    }

    /** One without an agent has no NodeNetworkState; one that is away finishes nothing. */
    private boolean isOurs(Node node, Set<String> haveEnactment) {
        String name = node.getMetadata().getName();
        return haveEnactment.contains(name) || !isAway(node) && hasState(name);
    }

    private static boolean isAway(Node node) {
        return node.getStatus() != null
                && node.getStatus().getConditions().stream()
                        .anyMatch(
                                condition ->
                                        condition.getType().equals("Ready")
                                                && !condition.getStatus().equals("True"));
    }

    private boolean hasState(String node) {
        Long missedNs = withoutState.get(node);
        if (withState.contains(node)) {
            return true;
        }
        if (missedNs != null && System.nanoTime() - missedNs < MISSED_NS) {
            return false;
        }
        if (isOnServer(node)) {
            withState.add(node);
            withoutState.remove(node);
            return true;
        }
        withoutState.put(node, System.nanoTime());
        return false;
    }

    /** Without its content, which is large. */
    private boolean isOnServer(String node) {
        try {
            return client.genericKubernetesResources(ClusterKind.NODE_NETWORK_STATE.context())
                            .withName(node)
                            .getAsPartialObjectMetadata()
                    != null;
        } catch (KubernetesClientException e) {
            if (ClusterWriter.isNotThere(e)) {
                return false;
            }
            throw e;
        }
    }
}
