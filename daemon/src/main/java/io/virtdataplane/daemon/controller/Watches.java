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
    private final Map<String, SharedIndexInformer<?>> informerByName = new LinkedHashMap<>();

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
        start(kind.kind(), informer, handler);
    }

    /** All objects of the kind are kept, and found by the informer that is returned. */
    SharedIndexInformer<GenericKubernetesResource> keep(ClusterKind kind) {
        SharedIndexInformer<GenericKubernetesResource> informer =
                runnable(client.genericKubernetesResources(kind.context()).inAnyNamespace());
        return start(kind.kind(), informer, null);
    }

    <T extends HasMetadata> void follow(
            String name, Informable<T> objects, ResourceEventHandler<T> handler) {
        start(name, runnable(objects), handler);
    }

    private static <T> SharedIndexInformer<T> runnable(Informable<T> objects) {
        return objects.withLimit(PAGE).runnableInformer(0);
    }

    private <T> SharedIndexInformer<T> start(
            String name, SharedIndexInformer<T> informer, ResourceEventHandler<T> handler) {
        if (handler != null) {
            informer.addEventHandler(handler);
        }
        informer.exceptionHandler(
                (isStarted, e) -> {
                    LOG.warn("watch fails, it begins anew: objects={} {}", name, e.toString());
                    return true;
                });
        informerByName.put(name, informer);
        var unused = informer.start();
        return informer;
    }

    /** Which of them have not been read once, with commas between; empty: all have. */
    String unread() {
        return informerByName.entrySet().stream()
                .filter(each -> !each.getValue().hasSynced())
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(", "));
    }

    @Override
    public void close() {
        informerByName.values().forEach(SharedIndexInformer::stop);
    }
}
