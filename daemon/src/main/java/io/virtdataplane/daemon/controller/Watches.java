package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.ReducedStateItemStore;
import io.virtdataplane.daemon.kube.ClusterKind;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is watched in the cluster: a paged list, then its changes, begun anew when the API server
 * has been away. What was seen stays meanwhile.
 */
final class Watches implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Watches.class);
    private static final long PAGE = 500;
    private final KubernetesClient client;
    private final Map<String, Watched> watchedByName = new LinkedHashMap<>();

    private record Watched(SharedIndexInformer<?> informer, AtomicBoolean isRead) {}

    /**
     * The informer has its first list before the handler has: it runs on another thread. The end of
     * the list comes to the handler after all that is in it.
     */
    private record Reader<T>(Optional<ResourceEventHandler<T>> handler, AtomicBoolean isRead)
            implements ResourceEventHandler<T> {
        @Override
        public void onAdd(T object) {
            handler.ifPresent(to -> to.onAdd(object));
        }

        @Override
        public void onUpdate(T old, T object) {
            handler.ifPresent(to -> to.onUpdate(old, object));
        }

        @Override
        public void onDelete(T object, boolean isFinalStateUnknown) {
            handler.ifPresent(to -> to.onDelete(object, isFinalStateUnknown));
        }

        @Override
        public void onList(String resourceVersion, boolean remainedEmpty) {
            isRead.set(true);
        }
    }

    Watches(KubernetesClient client) {
        this.client = client;
    }

    /** Only the handler keeps what it needs of the objects: they may be large. */
    void follow(ClusterKind kind, ResourceEventHandler<GenericKubernetesResource> handler) {
        SharedIndexInformer<GenericKubernetesResource> informer =
                runnable(client.genericKubernetesResources(kind.context()).inAnyNamespace());
        informer.itemStore(
                new ReducedStateItemStore<>(
                        ReducedStateItemStore.NAME_KEY_STATE,
                        GenericKubernetesResource.class,
                        client.getKubernetesSerialization()));
        start(kind.kind(), informer, Optional.of(handler));
    }

    /** All objects of the kind are kept, and found by the informer that is returned. */
    SharedIndexInformer<GenericKubernetesResource> keep(ClusterKind kind) {
        SharedIndexInformer<GenericKubernetesResource> informer =
                runnable(client.genericKubernetesResources(kind.context()).inAnyNamespace());
        start(kind.kind(), informer, Optional.empty());
        return informer;
    }

    <T extends HasMetadata> void follow(
            String name, Informable<T> objects, ResourceEventHandler<T> handler) {
        start(name, runnable(objects), Optional.of(handler));
    }

    private static <T> SharedIndexInformer<T> runnable(Informable<T> objects) {
        return objects.withLimit(PAGE).runnableInformer(0);
    }

    private <T> void start(
            String name,
            SharedIndexInformer<T> informer,
            Optional<ResourceEventHandler<T>> handler) {
        AtomicBoolean isRead = new AtomicBoolean();
        informer.addEventHandler(new Reader<>(handler, isRead));
        informer.exceptionHandler(
                (isStarted, e) -> {
                    LOG.warn("watch fails, it begins anew: objects={} {}", name, e.toString());
                    return true;
                });
        watchedByName.put(name, new Watched(informer, isRead));
        var unused = informer.start();
    }

    /**
     * Which of them have not been read once, and told to their handlers, with commas between;
     * empty: all have.
     */
    String unread() {
        return watchedByName.entrySet().stream()
                .filter(each -> !each.getValue().isRead().get())
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(", "));
    }

    @Override
    public void close() {
        watchedByName.values().forEach(each -> each.informer().stop());
    }
}
