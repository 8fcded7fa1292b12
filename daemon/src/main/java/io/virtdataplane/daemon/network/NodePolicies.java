package io.virtdataplane.daemon.network;

import io.virtdataplane.api.Condition;
import io.virtdataplane.api.Enactment;
import io.virtdataplane.api.Policy;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.manifest.BridgePortSpec;
import io.virtdataplane.manifest.BridgeSpec;
import io.virtdataplane.manifest.NodeNetworkPolicy;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The NodeNetworkConfigurationPolicies of this node. Applying one is a transaction: what the
 * bridges were is put back where a part of it fails, or where a default gateway that answered
 * before does not answer again in time.
 */
final class NodePolicies {
    private static final Logger LOG = LoggerFactory.getLogger(NodePolicies.class);
    private static final int AGAIN_MS = 500;

    /**
     * What a request adds to its policies.
     *
     * @param shared the node's kernel keeps the uplinks
     * @param hostPort the node has a port on each bridge
     */
    record Wanted(boolean shared, boolean hostPort) {}

    private final Bridges bridges;
    private final NodeLabels node;
    private final EventJournal journal;
    private final Map<String, Policy> policyByName = new TreeMap<>();

    NodePolicies(Bridges bridges, NodeLabels node, EventJournal journal) {
        this.bridges = bridges;
        this.node = node;
        this.journal = journal;
    }

    /**
     * @param probeSeconds until the gateways must answer again; 0: they are not asked
     * @return true where it succeeded or does not concern this node; its conditions say more
     */
    boolean apply(NodeNetworkPolicy policy, Wanted wanted, int probeSeconds) {
        if (!node.matches(policy.nodeSelector())) {
            note(policy, Conditions.ignored(), List.of());
            return true;
        }
        note(policy, Conditions.progressing(), Conditions.enacting());
        List<InetAddress> before = isRestored(probeSeconds) ? List.of() : GatewayProbe.answering();
        Map<String, Optional<BridgeSettings>> was = new LinkedHashMap<>();
        try {
            policy.bridges().forEach(spec -> was.put(spec.name(), bridges.settings(spec.name())));
            if (isRestored(probeSeconds)) {
                restore(policy, wanted);
            } else {
                policy.bridges().forEach(spec -> giveUp(spec, policy));
                policy.bridges().forEach(spec -> set(spec, wanted));
                awaitGateways(before, probeSeconds);
            }
        } catch (RuntimeException e) {
            String message = e.getMessage();
            if (!isRestored(probeSeconds)) { // else what could be opened is better than nothing
                rollBack(was);
                message = "rolling back desired state configuration: " + message;
            }
            note(policy, Conditions.failed(), Conditions.failing(message));
            journal.record("PolicyFailed", policy.name(), message);
            return false;
        }
        note(policy, Conditions.succeeded(), Conditions.enacted());
        journal.record("PolicyApplied", policy.name(), "successfully reconciled");
        return true;
    }

    /** All that can be: an uplink that is still missing keeps no other bridge from being made. */
    private void restore(NodeNetworkPolicy policy, Wanted wanted) {
        RuntimeException failed = null;
        for (BridgeSpec spec : policy.bridges()) {
            try {
                set(spec, wanted);
            } catch (RuntimeException e) {
                failed = failed == null ? e : failed;
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /** A NIC can move from one bridge of a policy to another, whatever their order. */
    private void giveUp(BridgeSpec spec, NodeNetworkPolicy policy) {
        if (spec.state() == BridgeSpec.State.up && spec.ports().isEmpty()) {
            return; // it is to keep what it has
        }
        Set<String> wantedElsewhere =
                policy.bridges().stream()
                        .filter(other -> !other.name().equals(spec.name()))
                        .flatMap(other -> other.ports().stream().flatMap(List::stream))
                        .map(BridgePortSpec::name)
                        .collect(Collectors.toSet());
        bridges.settings(spec.name())
                .filter(now -> now.hasAnyOf(wantedElsewhere))
                .ifPresent(now -> bridges.set(now.without(wantedElsewhere)));
    }

    private void set(BridgeSpec spec, Wanted wanted) {
        switch (spec.state()) {
            case up -> {
                BridgeSettings now =
                        bridges.settings(spec.name()).orElse(BridgeSettings.none(spec.name()));
                bridges.set(now.with(spec, wanted.shared(), wanted.hostPort()));
            }
            // The bridge stays and carries nothing by its uplinks.
            case down ->
                    bridges.settings(spec.name())
                            .ifPresent(now -> bridges.set(now.withoutUplinks()));
            case absent -> bridges.remove(spec.name());
            case ignore -> {}
        }
    }

    private static void awaitGateways(List<InetAddress> gateways, int seconds) {
        long deadline = System.nanoTime() + seconds * 1_000_000_000L;
        for (InetAddress gateway : gateways) {
            while (!GatewayProbe.answers(gateway)) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException(
                            "default gateway "
                                    + gateway.getHostAddress()
                                    + " answered before and does not within "
                                    + seconds
                                    + " s");
                }
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(AGAIN_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** After a restart the node is asked nothing: it is as the policy has left it. */
    private static boolean isRestored(int probeSeconds) {
        return probeSeconds == 0;
    }

    private void rollBack(Map<String, Optional<BridgeSettings>> was) {
        List<String> names = new ArrayList<>(was.keySet());
        names.forEach(this::release); // whoever had an uplink finds it free
        for (String name : names.reversed()) {
            try {
                was.get(name).ifPresentOrElse(bridges::set, () -> bridges.remove(name));
            } catch (RuntimeException e) { // the others are put back all the same
                LOG.warn("not rolled back: bridge={} reason={}", name, e.getMessage());
                journal.record("RollbackFailed", name, e.getMessage());
            }
        }
    }

    private void release(String bridge) {
        try {
            bridges.settings(bridge).ifPresent(now -> bridges.set(now.withoutUplinks()));
        } catch (RuntimeException e) { // it is set anew at once
            LOG.debug("uplinks not released: bridge={}", bridge, e);
        }
    }

    private synchronized void note(
            NodeNetworkPolicy policy, List<Condition> conditions, List<Condition> enacted) {
        Enactment enactment =
                Enactment.newBuilder()
                        .setName(node.name() + "." + policy.name())
                        .addAllConditions(enacted)
                        .build();
        Policy.Builder view =
                Policy.newBuilder().setName(policy.name()).addAllConditions(conditions);
        policyByName.put(
                policy.name(),
                enacted.isEmpty() ? view.build() : view.setEnactment(enactment).build());
    }

    /** Why it failed. */
    synchronized String failure(String name) {
        return policyByName.get(name).getEnactment().getConditionsList().stream()
                .filter(condition -> condition.getType().equals("Failing"))
                .map(Condition::getMessage)
                .findFirst()
                .orElse("");
    }

    synchronized boolean has(String name) {
        return policyByName.containsKey(name);
    }

    /** What it has made stays: "state: absent" removes a bridge. */
    synchronized void remove(String name) {
        if (policyByName.remove(name) == null) {
            throw new NotFoundException("no such policy: name=" + name);
        }
    }

    synchronized List<Policy> all() {
        return new ArrayList<>(policyByName.values());
    }
}
