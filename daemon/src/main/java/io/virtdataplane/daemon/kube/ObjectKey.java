package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;

/**
 * Which object of the API server.
 *
 * @param namespace empty where its kind has none
 */
record ObjectKey(ClusterKind kind, String namespace, String name) {
    static ObjectKey of(ClusterKind kind, GenericKubernetesResource object) {
        ObjectMeta metadata = object.getMetadata();
        String namespace = metadata.getNamespace();
        return new ObjectKey(kind, namespace == null ? "" : namespace, metadata.getName());
    }

    /** NAME, or NAMESPACE/NAME. */
    String path() {
        return namespace.isEmpty() ? name : namespace + "/" + name;
    }

    @Override
    public String toString() {
        return kind.kind() + " " + path();
    }
}
