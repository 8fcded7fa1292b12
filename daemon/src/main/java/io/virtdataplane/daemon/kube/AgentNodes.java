package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which nodes a policy is for: those with its labels that run an agent of ours. Remembered for a
 * while, since each of many nodes asks again and again.
 */
final class AgentNodes {
    private static final long FRESH_NS = 10_000_000_000L;
    private final KubernetesClient client;
    private final Map<Map<String, String>, Seen> seenBySelector = new HashMap<>();
    private final Set<String> withState = new HashSet<>();

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
        if (withState.contains(node)) {
            return true;
        }
        boolean has =
                client.genericKubernetesResources(ClusterKind.NODE_NETWORK_STATE.context())
                                .withName(node)
                                .get()
                        != null;
        if (has) {
            withState.add(node);
        }
        return has;
    }
}
