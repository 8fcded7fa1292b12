package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * This node's Node object: its labels, and a capacity for each bridge, by which pods with networks
 * on that bridge are scheduled here (as the bridge marker of the Linux bridge plugin has it).
 */
final class OwnNode implements AutoCloseable {
    private static final String PREFIX = "bridge.network.kubevirt.io/";
    private static final String MOST = "1000"; // attachments, as of the bridge marker
    private final KubernetesClient client;
    private final String name;
    private final SharedIndexInformer<Node> informer;
    private final Set<String> marked = new HashSet<>();

    /**
     * @param labels told them at each change, on the informer's thread
     */
    OwnNode(KubernetesClient client, String name, Consumer<Map<String, String>> labels) {
        this.client = client;
        this.name = name;
        this.informer = client.nodes().withName(name).runnableInformer(0);
        informer.exceptionHandler((hasStarted, failure) -> true);
        informer.addEventHandler(
                new ResourceEventHandler<>() {
                    @Override
                    public void onAdd(Node node) {
                        tell(node);
                    }

                    @Override
                    public void onUpdate(Node old, Node node) {
                        tell(node);
                    }

                    @Override
                    public void onDelete(Node node, boolean isOnlyMissing) {
                        // What the labels selected stays while the node is not known.
                    }

                    private void tell(Node node) {
                        Map<String, String> all = node.getMetadata().getLabels();
                        labels.accept(all == null ? Map.of() : all);
                    }
                });
    }

    void start() {
        var unused = informer.start();
    }

    Optional<Node> node() {
        return informer.getStore().list().stream().findFirst();
    }

    /** Brings the node's capacities in line; what is not ours in them stays. */
    void mark(Set<String> bridges) {
        Optional<Node> node = node();
        if (node.isEmpty()) {
            return;
        }
        Map<String, Quantity> has =
                node.get().getStatus() == null || node.get().getStatus().getCapacity() == null
                        ? Map.of()
                        : node.get().getStatus().getCapacity();
        Map<String, Object> changes = new HashMap<>();
        for (String bridge : bridges) {
            if (!isMost(has.get(PREFIX + bridge))) {
                changes.put(PREFIX + bridge, MOST);
            }
        }
        for (String bridge : marked) {
            if (!bridges.contains(bridge) && has.containsKey(PREFIX + bridge)) {
                changes.put(PREFIX + bridge, null);
            }
        }
        if (!changes.isEmpty()) {
            Map<String, Object> patch = Map.of("status", Map.of("capacity", changes));
            client.nodes()
                    .withName(name)
                    .subresource("status")
                    .patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(patch));
        }
        marked.addAll(bridges);
        if (changes.isEmpty()) {
            marked.retainAll(bridges);
        }
    }

    /** A kubelet whose node was made anew sets it to nothing. */
    private static boolean isMost(Quantity capacity) {
        return capacity != null && capacity.equals(new Quantity(MOST));
    }

    @Override
    public void close() {
        informer.close();
    }
}
