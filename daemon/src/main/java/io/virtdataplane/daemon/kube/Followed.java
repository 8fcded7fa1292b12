package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtdataplane.daemon.journal.Complaint;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The objects of one kind, as the API server last had them: listed from the server's cache, then
 * watched. While the server is away, and until the next complete list, they stay as they were. A
 * kind that the server does not know (yet) has none.
 */
final class Followed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Followed.class);
    private final ClusterKind kind;
    private final MixedOperation<
                    GenericKubernetesResource,
                    GenericKubernetesResourceList,
                    Resource<GenericKubernetesResource>>
            operation;
    private final SharedIndexInformer<GenericKubernetesResource> informer;

    /** Who is told of changes; on the informer's thread, so it only takes note. */
    interface Listener {
        /** It is new, or another version. */
        void changed(ObjectKey key);

        /** The server said that it was deleted. */
        void deleted(ObjectKey key);

        /** A list is complete: what it does not have may be gone. */
        void listed();
    }

    /**
     * @param labels that objects must have; empty: all objects
     */
    Followed(KubernetesClient client, ClusterKind kind, Map<String, String> labels, Listener to) {
        this.kind = kind;
        this.operation = client.genericKubernetesResources(kind.context());
        FilterWatchListDeletable<
                        GenericKubernetesResource,
                        GenericKubernetesResourceList,
                        Resource<GenericKubernetesResource>>
                wanted = operation.inAnyNamespace().withLabels(labels);
        this.informer = ((Informable<GenericKubernetesResource>) wanted).runnableInformer(0);
        Complaint complaint = new Complaint(LOG, kind.kind() + ": the API server is asked again");
        informer.exceptionHandler(
                (hasStarted, failure) -> {
                    complaint.raise(ServerWords.of(failure));
                    return true;
                });
        informer.addEventHandler(handler(kind, to, complaint));
    }

    private static ResourceEventHandler<GenericKubernetesResource> handler(
            ClusterKind kind, Listener to, Complaint complaint) {
        return new ResourceEventHandler<>() {
            @Override
            public void onAdd(GenericKubernetesResource object) {
                to.changed(ObjectKey.of(kind, object));
            }

            @Override
            public void onUpdate(GenericKubernetesResource old, GenericKubernetesResource now) {
                to.changed(ObjectKey.of(kind, now));
            }

            @Override
            public void onDelete(GenericKubernetesResource object, boolean isOnlyMissing) {
                ObjectKey key = ObjectKey.of(kind, object);
                if (isOnlyMissing) {
                    to.changed(key);
                } else {
                    to.deleted(key);
                }
            }

            @Override
            public void onList(String resourceVersion, boolean remainedEmpty) {
                complaint.settle();
                to.listed();
            }
        };
    }

    /** Does not wait for the server. */
    void start() {
        var unused = informer.start();
    }

    /** A first list was complete. */
    boolean isComplete() {
        return informer.hasSynced();
    }

    boolean isWatching() {
        return informer.isWatching();
    }

    Optional<GenericKubernetesResource> get(ObjectKey key) {
        return Optional.ofNullable(informer.getStore().getByKey(key.path()));
    }

    Collection<GenericKubernetesResource> all() {
        return List.copyOf(informer.getStore().list());
    }

    /** Asks the server now. */
    boolean isThere(ObjectKey key) {
        Resource<GenericKubernetesResource> object =
                key.namespace().isEmpty()
                        ? operation.withName(key.name())
                        : operation.inNamespace(key.namespace()).withName(key.name());
        return object.get() != null;
    }

    ClusterKind kind() {
        return kind;
    }

    @Override
    public void close() {
        informer.close();
    }
}
