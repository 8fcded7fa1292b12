package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.virtdataplane.api.Endpoint;
import io.virtdataplane.daemon.network.Condition;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** This node's NodeNetworkState: written when the node's network is not as it was. */
final class NodeNetworkStates {
    private static final List<Condition> WELL =
            List.of(
                    new Condition(
                            "Available",
                            "True",
                            "SuccessfullyConfigured",
                            "successfully reconciled",
                            0),
                    new Condition("Failing", "False", "SuccessfullyConfigured", "", 0));
    private final ClusterWriter writer;
    private final String node;
    private final NodeNetwork network;
    private Map<String, Object> seen = Map.of();
    private Map<String, Object> status = Map.of();
    private List<Map<String, Object>> conditions = List.of();

    NodeNetworkStates(ClusterWriter writer, String node, NodeNetwork network) {
        this.writer = writer;
        this.node = node;
        this.network = network;
    }

    /**
     * @param owner empty: the API server does not know the node (yet), and nothing is written
     */
    void publish(Optional<Node> owner) {
        if (owner.isEmpty()) {
            return;
        }
        Map<String, Object> now = network.now();
        if (!now.equals(seen)) {
            conditions = ConditionMaps.of(WELL, conditions);
            status = new LinkedHashMap<>();
            status.put("currentState", now);
            status.put(
                    "lastSuccessfulUpdateTime",
                    Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
            status.put("handlerNmstateVersion", "virt-dataplane " + Endpoint.VERSION);
            status.put("conditions", conditions);
            seen = now;
        }
        writer.write(
                new ObjectKey(ClusterKind.NODE_NETWORK_STATE, "", node),
                new ClusterWriter.Content(
                        new ObjectMetaBuilder()
                                .addNewOwnerReference()
                                .withApiVersion("v1")
                                .withKind("Node")
                                .withName(node)
                                .withUid(owner.get().getMetadata().getUid())
                                .endOwnerReference()
                                .build(),
                        null,
                        status));
    }
}
