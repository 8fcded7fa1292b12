package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import io.virtdataplane.daemon.journal.Complaint;
import io.virtdataplane.manifest.MachineMesh;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the namespaces of this node's machines say of a service mesh. Each NIC behind a pod is told,
 * and keeps it: after a restart it holds until the API server says something else.
 */
final class NamespaceMeshes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NamespaceMeshes.class);
    private static final String DEFAULT = "default";
    private final SharedIndexInformer<Namespace> namespaces;
    private final Supplier<ListResponse> nics;
    private final BiConsumer<String, String> tell;

    /**
     * @param tell what the namespace of the NIC of that name says
     */
    NamespaceMeshes(
            KubernetesClient client, Supplier<ListResponse> nics, BiConsumer<String, String> tell) {
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
        for (Nic nic : nics.get().getNicsList()) {
            boolean isBehindPod = !nic.getMesh().isEmpty();
            if (isBehindPod && !says(nic).equals(nic.getNat().getMeshOfNamespace())) {
                tell.accept(nic.getName(), says(nic));
            }
        }
    }

    private String says(Nic nic) {
        int slash = nic.getMachine().indexOf('/');
        String name = slash < 0 ? DEFAULT : nic.getMachine().substring(0, slash);
        Namespace namespace = namespaces.getStore().getByKey(name);
        return namespace == null ? "" : words(namespace.getMetadata());
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
