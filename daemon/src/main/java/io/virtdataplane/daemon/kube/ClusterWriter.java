package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Writes objects of which this node is the owner, by server-side apply: what others have in them
 * stays. What was written already is not written again.
 */
final class ClusterWriter {
    private static final long VALID_NS = 180_000_000_000L;
    private static final int LONGEST_MANAGER = 128;
    private final KubernetesClient client;
    private final String manager;
    private final Map<ObjectKey, Written> written = new HashMap<>();

    /**
     * @param node its name is in managedFields
     */
    ClusterWriter(KubernetesClient client, String node) {
        this.client = client;
        String wanted = "virt-dataplane/" + node;
        this.manager = wanted.substring(0, Math.min(wanted.length(), LONGEST_MANAGER));
    }

    private record Written(Content content, long untilNs) {}

    /**
     * What an object is to say.
     *
     * @param metadata labels and owners; name and namespace are the key's
     * @param spec null: it has none
     */
    record Content(ObjectMeta metadata, Map<String, Object> spec, Map<String, Object> status) {}

    /**
     * Makes the object where it is not there, and sets what it says.
     *
     * @return false: it was so already
     */
    synchronized boolean write(ObjectKey key, Content content) {
        Content before = fresh(key, content);
        boolean hasStatus = before != null && content.status().equals(before.status());
        boolean hasRest = before != null && Objects.equals(content.spec(), before.spec());
        if (hasStatus && hasRest) {
            return false;
        }
        try {
            if (!hasRest) {
                make(key, content);
            }
            patchStatus(key, content.status());
        } catch (KubernetesClientException e) {
            written.remove(key); // somebody may have deleted it
            throw e;
        }
        written.put(key, new Written(content, validUntilNs()));
        return true;
    }

    /** What was written, but to an object of another owner, or so long ago that it may be gone. */
    private Content fresh(ObjectKey key, Content content) {
        Written before = written.get(key);
        boolean isFresh =
                before != null
                        && before.untilNs() - System.nanoTime() > 0
                        && owners(before.content()).equals(owners(content));
        return isFresh ? before.content() : null;
    }

    private static List<String> owners(Content content) {
        return content.metadata().getOwnerReferences().stream()
                .map(OwnerReference::getUid)
                .toList();
    }

    private static long validUntilNs() {
        return System.nanoTime() + VALID_NS + ThreadLocalRandom.current().nextLong(VALID_NS);
    }

    /** What it wrote is not known to be there any more: it is written again. */
    synchronized void forget(ObjectKey key) {
        written.remove(key);
    }

    synchronized void delete(ObjectKey key) {
        written.remove(key);
        resource(key, object(key, new ObjectMeta())).delete();
    }

    private void make(ObjectKey key, Content content) {
        GenericKubernetesResource object = object(key, content.metadata());
        if (content.spec() != null) {
            object.setAdditionalProperty("spec", content.spec());
        }
        resource(key, object).fieldManager(manager(key)).forceConflicts().serverSideApply();
    }

    private void patchStatus(ObjectKey key, Map<String, Object> status) {
        GenericKubernetesResource object = object(key, new ObjectMeta());
        object.setAdditionalProperty("status", status);
        PatchContext apply =
                new PatchContext.Builder()
                        .withPatchType(PatchType.SERVER_SIDE_APPLY)
                        .withFieldManager(manager(key))
                        .withForce(true)
                        .build();
        resource(key, object).subresource("status").patch(apply, object);
    }

    /**
     * A machine's object has one owner after the other: what an earlier one wrote must not stay.
     */
    private String manager(ObjectKey key) {
        return key.kind() == ClusterKind.MACHINE_NETWORK_STATE ? "virt-dataplane" : manager;
    }

    private static GenericKubernetesResource object(ObjectKey key, ObjectMeta metadata) {
        GenericKubernetesResource object = new GenericKubernetesResource();
        object.setApiVersion(key.kind().apiVersion());
        object.setKind(key.kind().kind());
        metadata.setName(key.name());
        metadata.setNamespace(key.namespace().isEmpty() ? null : key.namespace());
        object.setMetadata(metadata);
        return object;
    }

    private Resource<GenericKubernetesResource> resource(
            ObjectKey key, GenericKubernetesResource object) {
        var operation = client.genericKubernetesResources(key.kind().context());
        return key.namespace().isEmpty()
                ? operation.resource(object)
                : operation.inNamespace(key.namespace()).resource(object);
    }

    /** The server does not know the kind, or the object. */
    static boolean isNotThere(KubernetesClientException e) {
        return e.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
    }
}
