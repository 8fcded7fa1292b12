package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.daemon.object.ObjectResult;
import io.virtdataplane.daemon.object.Objects;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.ObjectName;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the API server's objects of the owned kinds into force on this node, by the same way as a
 * file's. What the server says was deleted goes at once; what a complete list does not have any
 * more (also after this daemon or the server was away) goes only when it still is not there after a
 * while, so that a server that has lost its memory takes nothing from the node.
 */
final class ClusterObjects implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterObjects.class);
    private static final Map<ClusterKind, ObjectKind> KINDS =
            Map.of(
                    ClusterKind.NODE_NETWORK_POLICY, ObjectKind.NODE_NETWORK_POLICY,
                    ClusterKind.NETWORK_DEFINITION, ObjectKind.NETWORK_DEFINITION,
                    ClusterKind.SRIOV_POLICY, ObjectKind.SRIOV_POLICY,
                    ClusterKind.SRIOV_NETWORK, ObjectKind.SRIOV_NETWORK);

    /** So many times longer an object is kept where all of its kind are missing. */
    private static final int ALL_GONE = 60;

    private final Objects objects;
    private final NodePolicyObjects policies;
    private final ClusterEvents events;
    private final long holdMs;
    private final Map<ClusterKind, Followed> followed = new EnumMap<>(ClusterKind.class);
    private final Map<ObjectKey, Long> missingSinceMs = new ConcurrentHashMap<>();
    private final Set<ObjectKey> deleted = ConcurrentHashMap.newKeySet();
    private final WorkQueue<ObjectKey> queue = new WorkQueue<>("cluster-objects", this::reconcile);

    /**
     * @param holdMs how long an object that a list does not have any more is kept
     */
    ClusterObjects(
            KubernetesClient client,
            ClusterSettings settings,
            Objects objects,
            NodePolicyObjects policies,
            ClusterEvents events,
            long holdMs) {
        this.objects = objects;
        this.policies = policies;
        this.events = events;
        this.holdMs = holdMs;
        for (ClusterSettings.Owned owned : settings.owned()) {
            if (KINDS.containsKey(owned.kind())) {
                followed.put(owned.kind(), followed(client, owned.kind()));
            }
        }
        objects.followed(followed.keySet().stream().map(KINDS::get).collect(Collectors.toSet()));
    }

    private Followed followed(KubernetesClient client, ClusterKind kind) {
        return new Followed(
                client,
                kind,
                Map.of(),
                new Followed.Listener() {
                    @Override
                    public void changed(ObjectKey key) {
                        deleted.remove(key);
                        queue.add(key);
                    }

                    @Override
                    public void deleted(ObjectKey key) {
                        deleted.add(key);
                        queue.add(key);
                    }

                    @Override
                    public void listed() {
                        queue.add(all(kind));
                    }
                });
    }

    /** Does not wait for the server: what an earlier run left is in force. */
    void start() {
        for (ObjectName kept : objects.ofCluster()) {
            boolean isFollowed =
                    followed.keySet().stream().anyMatch(kind -> KINDS.get(kind) == kept.kind());
            if (!isFollowed) {
                LOG.warn(
                        "in force, but its kind is not followed any more (virt-dataplane delete gives it up): object={}/{}",
                        kept.kind(),
                        kept.identity());
            }
        }
        followed.values().forEach(Followed::start);
    }

    /** What came from the server at some time and is kept. */
    private List<ObjectKey> kept(ClusterKind kind) {
        List<ObjectKey> keys = new ArrayList<>();
        for (ObjectName name : objects.ofCluster()) {
            if (name.kind() == KINDS.get(kind)) {
                int slash = name.identity().indexOf('/');
                String namespace = slash < 0 ? "" : name.identity().substring(0, slash);
                keys.add(new ObjectKey(kind, namespace, name.identity().substring(slash + 1)));
            }
        }
        return keys;
    }

    /** Policies may select the node now, or no more; or what is said of them is to be looked at. */
    void lookAtPolicies() {
        Followed ofServer = followed.get(ClusterKind.NODE_NETWORK_POLICY);
        if (ofServer != null) {
            ofServer.all()
                    .forEach(
                            policy ->
                                    queue.add(
                                            ObjectKey.of(ClusterKind.NODE_NETWORK_POLICY, policy)));
        }
    }

    /** How a policy stands on this node has changed. */
    void policyChanged(String name) {
        queue.add(new ObjectKey(ClusterKind.NODE_NETWORK_POLICY, "", name));
    }

    /** Stands for all of a kind that are kept: to list them may have to wait. */
    private static ObjectKey all(ClusterKind kind) {
        return new ObjectKey(kind, "", "");
    }

    private long reconcile(ObjectKey key) {
        if (key.equals(all(key.kind()))) {
            kept(key.kind()).forEach(queue::add);
            return WorkQueue.DONE;
        }
        Followed ofKind = followed.get(key.kind());
        Optional<GenericKubernetesResource> object = ofKind.get(key);
        if (object.isPresent()) {
            missingSinceMs.remove(key);
            return follow(key, object.get());
        }
        // Before a first list is complete nothing is missing; its end brings the key again.
        return ofKind.isComplete() ? gone(key, ofKind) : WorkQueue.DONE;
    }

    private long follow(ObjectKey key, GenericKubernetesResource object) {
        ObjectReference reference = ClusterEvents.reference(key.kind(), object.getMetadata());
        try {
            String text = ObjectText.of(object);
            ApplyOptions options = ObjectText.options(object);
            if (key.kind() == ClusterKind.NODE_NETWORK_POLICY) {
                return policies.follow(object, text, options);
            }
            Optional<ObjectResult> result = objects.follow(text, options, false);
            result.filter(each -> !each.change().equals("unchanged"))
                    .ifPresent(each -> tell(reference, each));
            return WorkQueue.DONE;
        } catch (IllegalArgumentException e) {
            events.warning(reference, "Refused", String.valueOf(e.getMessage()));
            throw e;
        }
    }

    private void tell(ObjectReference on, ObjectResult result) {
        if (!result.outcome().isInForce()) { // each node would tell that all is well
            events.warning(on, "NotInForce", result.outcome().message());
        }
        result.warnings().forEach(warning -> events.warning(on, "Ignored", warning));
    }

    private long gone(ObjectKey key, Followed ofKind) {
        if (!kept(key.kind()).contains(key)) {
            policies.gone(key);
            missingSinceMs.remove(key);
            deleted.remove(key);
            return WorkQueue.DONE;
        }
        if (!deleted.contains(key)) {
            long now = System.currentTimeMillis();
            long since = missingSinceMs.computeIfAbsent(key, missing -> now);
            boolean isAllGone = ofKind.all().isEmpty() && kept(key.kind()).size() > 1;
            long left = since + holdMs * (isAllGone ? ALL_GONE : 1) - now;
            if (left > 0) {
                return left;
            }
            if (ofKind.isThere(key)) {
                return WorkQueue.DONE; // the watch will bring it
            }
        }
        unfollow(key);
        policies.gone(key);
        missingSinceMs.remove(key);
        deleted.remove(key);
        return WorkQueue.DONE;
    }

    /** What the node still needs stays until it does not, and somebody is told. */
    private void unfollow(ObjectKey key) {
        try {
            objects.unfollow(new ObjectName(KINDS.get(key.kind()), key.path()));
        } catch (IllegalArgumentException e) {
            ObjectMeta metadata = new ObjectMeta();
            metadata.setName(key.name());
            metadata.setNamespace(key.namespace().isEmpty() ? null : key.namespace());
            events.warning(
                    ClusterEvents.reference(key.kind(), metadata),
                    "InUse",
                    "deleted, but still in force on this node: " + e.getMessage());
            throw e;
        }
    }

    /** Kinds of which no watch is open: a server that refuses is not told of otherwise. */
    List<String> unwatched() {
        return followed.values().stream()
                .filter(each -> !each.isWatching())
                .map(each -> each.kind().kind())
                .sorted()
                .toList();
    }

    @Override
    public void close() {
        queue.close();
        followed.values().forEach(Followed::close);
    }
}
