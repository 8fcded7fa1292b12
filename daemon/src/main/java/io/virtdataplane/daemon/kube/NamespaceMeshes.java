package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import io.virtdataplane.daemon.journal.Complaint;
import io.virtdataplane.manifest.MachineMesh;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the namespaces of this node's machines say of a service mesh, and the containers of their
 * pods. Each NIC behind a pod is told, and keeps it: after a restart it holds until the API server
 * says something else.
 */
final class NamespaceMeshes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NamespaceMeshes.class);
    private static final String DEFAULT = "default";
    private static final String AMBIENT = "istio.io/dataplane-mode=";
    private final SharedIndexInformer<Namespace> namespaces;
    private final Supplier<Map<String, Pod>> pods;
    private final Supplier<ListResponse> nics;
    private final BiConsumer<String, String> tell;

    /**
     * @param pods of machines, by the names that NICs in them have
     * @param tell what the namespace of the NIC of that name says
     */
    NamespaceMeshes(
            KubernetesClient client,
            Supplier<Map<String, Pod>> pods,
            Supplier<ListResponse> nics,
            BiConsumer<String, String> tell) {
        this.pods = pods;
        this.nics = nics;
        this.tell = tell;
        namespaces = client.namespaces().runnableInformer(0);
        Complaint complaint = new Complaint(LOG, "Namespace: the API server is asked again");
        namespaces.exceptionHandler(
                (hasStarted, failure) -> {
                    complaint.raise(ServerWords.of(failure));
                    return true;
                });
    }

    /** Does not wait for the server. */
    void start() {
        var unused = namespaces.start();
    }

    /** At all NICs, as they may have come meanwhile. */
    void look() {
        if (!namespaces.hasSynced()) {
            return;
        }
        Map<String, Pod> byName = pods.get();
        EachNic.of(nics.get().getNicsList(), nic -> look(nic, byName.get(nic.getMachine())));
    }

    private void look(Nic nic, Pod pod) {
        boolean isBehindPod = !nic.getMesh().isEmpty();
        String says = isBehindPod ? says(nic, pod) : "";
        if (isBehindPod && !says.equals(nic.getNat().getMeshOfNamespace())) {
            tell.accept(nic.getName(), says);
        }
    }

    private String says(Nic nic, Pod pod) {
        int slash = nic.getMachine().indexOf('/');
        String name =
                pod != null
                        ? pod.getMetadata().getNamespace()
                        : slash < 0 ? DEFAULT : nic.getMachine().substring(0, slash);
        Namespace namespace = namespaces.getStore().getByKey(name);
        String words = namespace == null ? "" : words(namespace.getMetadata());
        return pod == null ? words : ofPod(pod, words);
    }

    /**
     * A sidecar is injected when the pod is made, and stays for as long as that: the labels that
     * ask for one say nothing of a pod that is there. What they say of ambient holds at once.
     */
    static String ofPod(Pod pod, String words) {
        String live =
                Stream.of(words.split(",", -1))
                        .filter(word -> word.startsWith(AMBIENT))
                        .collect(Collectors.joining(","));
        return hasContainer(pod, "istio-proxy")
                ? "istio-injection=enabled"
                : hasContainer(pod, "linkerd-proxy") ? "linkerd.io/inject=enabled" : live;
    }

    private static boolean hasContainer(Pod pod, String name) {
        return Stream.of(pod.getSpec().getContainers(), pod.getSpec().getInitContainers())
                .filter(Objects::nonNull)
                .flatMap(List::stream)
                .anyMatch(container -> name.equals(container.getName()));
    }

    /** Of labels and annotations; Linkerd's is an annotation. */
    static String words(ObjectMeta of) {
        return MachineMesh.OF_NAMESPACE.stream()
                .filter(name -> !value(of, name).isEmpty())
                .map(name -> name + "=" + value(of, name))
                .collect(Collectors.joining(","));
    }

    private static String value(ObjectMeta of, String name) {
        Map<String, String> all =
                name.startsWith("linkerd.io/") ? of.getAnnotations() : of.getLabels();
        return all == null ? "" : all.getOrDefault(name, "");
    }

    @Override
    public void close() {
        namespaces.close();
    }
}
