package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.virtdataplane.daemon.network.Conditions;
import io.virtdataplane.daemon.network.NetworkObjects;
import io.virtdataplane.daemon.network.PolicyStatus;
import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.object.Objects;
import io.virtdataplane.manifest.NodeNetworkPolicy;
import io.virtdataplane.manifest.ObjectKind;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * NodeNetworkConfigurationPolicies of the API server: each when it is this node's turn, and what
 * became of it in the node's enactment and in the policy's conditions. Called on one thread.
 */
final class NodePolicyObjects {
    private final Objects objects;
    private final NetworkObjects networks;
    private final NodeLabels node;
    private final Enactments enactments;
    private final PolicyConditions conditions;
    private final PolicyRollout rollout;
    private final ClusterEvents events;
    private final Set<String> enacted = new HashSet<>();
    private final Set<String> left = new HashSet<>(); // to other nodes, or to others
    private final Map<String, String> told = new HashMap<>();

    /** What they need of the node and of the API server. */
    record Rooms(Objects objects, NetworkObjects networks, NodeLabels node) {}

    NodePolicyObjects(
            Rooms rooms,
            Enactments enactments,
            PolicyConditions conditions,
            PolicyRollout rollout,
            ClusterEvents events) {
        this.objects = rooms.objects();
        this.networks = rooms.networks();
        this.node = rooms.node();
        this.enactments = enactments;
        this.conditions = conditions;
        this.rollout = rollout;
        this.events = events;
    }

    /** Milliseconds until it wants to be called again, or {@link WorkQueue#DONE}. */
    long follow(GenericKubernetesResource object, String text, ApplyOptions options) {
        NodeNetworkPolicy wanted;
        try {
            wanted = (NodeNetworkPolicy) objects.readOne(text, ObjectKind.NODE_NETWORK_POLICY);
        } catch (IllegalArgumentException e) {
            refused(object, selector(object), e);
            throw e;
        }
        if (!node.matches(wanted.nodeSelector()) || wanted.bridges().isEmpty()) {
            return notForUs(object, wanted, text, options);
        }
        boolean isIgnored =
                status(wanted.name()).filter(known -> known.enacted().isEmpty()).isPresent();
        if (isIgnored || !objects.isKept(text, options)) { // else Objects sees to it
            PolicyRollout.Turn turn = rollout.ask(object, wanted);
            if (!turn.isOurs()) {
                enacted.add(wanted.name());
                return turn.againMs();
            }
            try {
                var unused = objects.follow(text, options, isIgnored);
            } catch (IllegalArgumentException e) {
                refused(object, wanted.nodeSelector(), e);
                throw e;
            }
        }
        publish(object, wanted);
        return WorkQueue.DONE;
    }

    /** Of a policy that cannot be read: labels, where it has such a thing. */
    private static Map<String, String> selector(GenericKubernetesResource object) {
        Map<String, String> labels = new HashMap<>();
        if (object.get("spec", "nodeSelector") instanceof Map<?, ?> map) {
            map.forEach((key, value) -> labels.put(String.valueOf(key), String.valueOf(value)));
        }
        return labels;
    }

    private void refused(
            GenericKubernetesResource object,
            Map<String, String> selector,
            IllegalArgumentException e) {
        if (node.matches(selector)) {
            enactments.write(object, Conditions.failing(String.valueOf(e.getMessage())));
            enacted.add(object.getMetadata().getName());
            conditions.update(object.getMetadata().getName(), selector);
        }
    }

    private long notForUs(
            GenericKubernetesResource object,
            NodeNetworkPolicy wanted,
            String text,
            ApplyOptions options) {
        boolean wasForUs =
                status(wanted.name()).filter(known -> !known.enacted().isEmpty()).isPresent();
        var unused = objects.follow(text, options, wasForUs);
        if (enacted.remove(wanted.name()) || left.add(wanted.name())) {
            enactments.remove(wanted.name()); // also one of an earlier run
        }
        if (node.matches(wanted.nodeSelector())) {
            conditions.leftToOthers(wanted.name());
        } else {
            conditions.update(wanted.name(), wanted.nodeSelector());
        }
        return WorkQueue.DONE;
    }

    private void publish(GenericKubernetesResource object, NodeNetworkPolicy wanted) {
        Optional<PolicyStatus> status = status(wanted.name());
        if (status.isEmpty()) {
            return;
        }
        left.remove(wanted.name());
        enacted.add(wanted.name());
        enactments.write(object, status.get().enacted());
        conditions.update(wanted.name(), wanted.nodeSelector());
        tell(object, status.get());
    }

    private Optional<PolicyStatus> status(String policy) {
        return networks.policies().stream().filter(each -> each.name().equals(policy)).findFirst();
    }

    private void tell(GenericKubernetesResource object, PolicyStatus status) {
        status.enacted().stream()
                .filter(condition -> condition.status().equals("True"))
                .findFirst()
                .filter(
                        condition ->
                                !condition
                                        .message()
                                        .equals(told.put(status.name(), condition.message())))
                .ifPresent(
                        condition -> {
                            ObjectReference on =
                                    ClusterEvents.reference(
                                            ClusterKind.NODE_NETWORK_POLICY, object.getMetadata());
                            String note = node.name() + ": " + condition.message();
                            if (condition.type().equals("Available")) {
                                events.normal(on, condition.reason(), note);
                            } else {
                                events.warning(on, condition.reason(), note);
                            }
                        });
    }

    /** The API server has it no more: what it has made on the node stays, as everywhere. */
    void gone(ObjectKey key) {
        if (key.kind() != ClusterKind.NODE_NETWORK_POLICY) {
            return;
        }
        left.remove(key.name());
        told.remove(key.name());
        if (enacted.remove(key.name())) {
            enactments.remove(key.name());
        }
    }

    /** Names of policies of which the node says something else than it said last. */
    List<String> changed(Map<String, String> seen) {
        return networks.policies().stream()
                .filter(
                        status ->
                                !fingerprint(status)
                                        .equals(seen.put(status.name(), fingerprint(status))))
                .map(PolicyStatus::name)
                .toList();
    }

    private static String fingerprint(PolicyStatus status) {
        StringBuilder print = new StringBuilder();
        status.enacted()
                .forEach(
                        each ->
                                print.append(each.type())
                                        .append(each.status())
                                        .append(each.message()));
        return print.toString();
    }
}
