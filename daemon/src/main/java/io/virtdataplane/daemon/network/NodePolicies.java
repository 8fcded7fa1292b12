package io.virtdataplane.daemon.network;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.object.Outcome;
import io.virtdataplane.manifest.BridgePortSpec;
import io.virtdataplane.manifest.BridgeSpec;
import io.virtdataplane.manifest.NodeNetworkPolicy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The NodeNetworkConfigurationPolicies of this node. Each is brought into force as a transaction,
 * and again and again where that fails, but where it cost the node a gateway. What its conditions
 * say follows the node: an uplink that goes or comes changes them.
 */
final class NodePolicies {
    private static final Logger LOG = LoggerFactory.getLogger(NodePolicies.class);
    private static final long FIRST_PAUSE_NS = 3_000_000_000L;
    private static final long LONGEST_PAUSE_NS = 60_000_000_000L;

    private final Bridges bridges;
    private final NodeLabels node;
    private final EventJournal journal;
    private final LongSupplier clock;
    private final Map<String, Entry> entryByName = new LinkedHashMap<>(); // in order of application
    private final Map<String, PolicyStatus> statusByName = new TreeMap<>(); // for readers, copied

    /** A policy and how it stands. */
    private static final class Entry {
        final NodeNetworkPolicy policy;
        final ApplyOptions options;
        Outcome outcome;
        long nextTryNs;
        long pauseNs = FIRST_PAUSE_NS;

        Entry(NodeNetworkPolicy policy, ApplyOptions options, Outcome outcome) {
            this.policy = policy;
            this.options = options;
            this.outcome = outcome;
        }
    }

    /**
     * @param clock nanoseconds, as System.nanoTime
     */
    NodePolicies(Bridges bridges, NodeLabels node, EventJournal journal, LongSupplier clock) {
        this.bridges = bridges;
        this.node = node;
        this.journal = journal;
        this.clock = clock;
    }

    synchronized Outcome apply(NodeNetworkPolicy policy, ApplyOptions options) {
        Entry entry = new Entry(policy, options, Outcome.IN_FORCE);
        entryByName.remove(policy.name()); // to the end
        entryByName.put(policy.name(), entry);
        attempt(entry);
        return entry.outcome;
    }

    /** What was in force when the last run ended. */
    synchronized void restore(NodeNetworkPolicy policy, ApplyOptions options) {
        Entry entry = new Entry(policy, options, Outcome.IN_FORCE);
        entryByName.put(policy.name(), entry);
        if (!selects(policy)) {
            note(entry);
            return;
        }
        String failure = "";
        try {
            transaction(entry).restore();
            journal.record("PolicyApplied", policy.name(), "restored after a restart");
        } catch (RuntimeException e) {
            LOG.warn(
                    "policy not fully restored: policy={} reason={}",
                    policy.name(),
                    e.getMessage());
            failure = e.getMessage();
        }
        observe(entry);
        if (!failure.isEmpty() && entry.outcome.message().isEmpty()) { // no uplink that may come
            failed(entry, Outcome.waiting(failure));
            note(entry);
        }
    }

    /** What was not in force. Where {@code givenUp} is empty it is tried with the next look. */
    synchronized void restoreWaiting(
            NodeNetworkPolicy policy, ApplyOptions options, String givenUp) {
        Outcome outcome =
                givenUp.isEmpty()
                        ? Outcome.waiting("the daemon stopped before the policy was in force")
                        : Outcome.givenUp(givenUp);
        Entry entry = new Entry(policy, options, outcome);
        entry.nextTryNs = clock.getAsLong();
        entryByName.put(policy.name(), entry);
        note(entry);
    }

    private boolean selects(NodeNetworkPolicy policy) {
        return node.matches(policy.nodeSelector());
    }

    private BridgeTransaction transaction(Entry entry) {
        return new BridgeTransaction(
                bridges,
                entry.policy,
                entry.options,
                (bridge, e) -> {
                    LOG.warn("bridge not rolled back: bridge={} reason={}", bridge, e.getMessage());
                    journal.record("RollbackFailed", bridge, e.getMessage());
                });
    }

    private void attempt(Entry entry) {
        NodeNetworkPolicy policy = entry.policy;
        if (!selects(policy)) {
            entry.outcome = Outcome.IN_FORCE;
            note(entry);
            return;
        }
        publish(entry, Conditions.progressing(), Conditions.enacting());
        try {
            transaction(entry).run();
            entry.outcome = Outcome.IN_FORCE;
            entry.pauseNs = FIRST_PAUSE_NS;
            journal.record("PolicyApplied", policy.name(), "successfully reconciled");
        } catch (BridgeTransaction.GatewayLostException e) {
            failed(entry, Outcome.givenUp(rolledBack(e)));
        } catch (RuntimeException e) {
            failed(entry, Outcome.waiting(rolledBack(e)));
        }
        note(entry);
    }

    private static String rolledBack(RuntimeException e) {
        return "rolling back desired state configuration: " + e.getMessage();
    }

    private void failed(Entry entry, Outcome outcome) {
        if (!outcome.equals(entry.outcome)) { // once a reason, not once a try
            journal.record("PolicyFailed", entry.policy.name(), outcome.message());
        }
        entry.outcome = outcome;
        entry.nextTryNs = clock.getAsLong() + entry.pauseNs;
        entry.pauseNs = Math.min(2 * entry.pauseNs, LONGEST_PAUSE_NS);
    }

    /**
     * Tries those that wait, and sees whether what is in force still is. Called every few seconds.
     *
     * @param settled hears of each policy that has come to another standing, once no lock is held
     */
    void tend(BiConsumer<NodeNetworkPolicy, Outcome> settled) {
        Map<NodeNetworkPolicy, Outcome> changed = new LinkedHashMap<>();
        synchronized (this) {
            for (Entry entry : new ArrayList<>(entryByName.values())) {
                Outcome before = entry.outcome;
                tend(entry);
                if (entry.outcome.standing() != before.standing()) {
                    changed.put(entry.policy, entry.outcome);
                }
            }
        }
        changed.forEach(settled);
    }

    private void tend(Entry entry) {
        switch (entry.outcome.standing()) {
            case IN_FORCE -> observe(entry);
            case WAITING -> {
                boolean isDue = clock.getAsLong() - entry.nextTryNs >= 0;
                if (isDue && bridges.hasDevices(uplinks(entry.policy))) {
                    attempt(entry);
                }
            }
            case GIVEN_UP -> {}
        }
    }

    private static List<String> uplinks(NodeNetworkPolicy policy) {
        return policy.bridges().stream()
                .filter(spec -> spec.state() == BridgeSpec.State.up)
                .flatMap(spec -> spec.ports().stream().flatMap(List::stream))
                .map(BridgePortSpec::name)
                .toList();
    }

    /** Its bridges are there, but an uplink of theirs may be missing. */
    private void observe(Entry entry) {
        if (!selects(entry.policy)) {
            return;
        }
        List<String> missing =
                entry.policy.bridges().stream()
                        .filter(spec -> spec.state() == BridgeSpec.State.up)
                        .flatMap(spec -> missing(spec))
                        .toList();
        Outcome now =
                new Outcome(
                        Outcome.Standing.IN_FORCE,
                        missing.isEmpty() ? "" : "waiting for " + String.join("; ", missing),
                        0);
        boolean isKnown = statusByName.containsKey(entry.policy.name());
        if (isKnown && now.equals(entry.outcome)) {
            return;
        }
        if (!missing.isEmpty()) {
            journal.record("PolicyDegraded", entry.policy.name(), now.message());
        } else if (!entry.outcome.message().isEmpty()) {
            journal.record("PolicyApplied", entry.policy.name(), "all uplinks are open");
        }
        entry.outcome = now;
        note(entry);
    }

    /** Of the uplinks that the policy names: another policy may have taken one away since. */
    private Stream<String> missing(BridgeSpec spec) {
        List<String> own =
                spec.ports().orElse(List.of()).stream().map(BridgePortSpec::name).toList();
        return bridges.missingUplinks(spec.name()).entrySet().stream()
                .filter(uplink -> own.contains(uplink.getKey()))
                .map(uplink -> "port " + uplink.getKey() + ": " + uplink.getValue());
    }

    private void note(Entry entry) {
        if (!selects(entry.policy)) {
            publish(entry, Conditions.ignored(), List.of());
        } else if (entry.outcome.message().isEmpty()) {
            publish(entry, Conditions.succeeded(), Conditions.enacted());
        } else {
            publish(entry, Conditions.failed(), Conditions.failing(entry.outcome.message()));
        }
    }

    private void publish(Entry entry, List<Condition> conditions, List<Condition> enacted) {
        String name = entry.policy.name();
        PolicyStatus status =
                new PolicyStatus(
                        name,
                        conditions,
                        enacted.isEmpty() ? "" : node.name() + "." + name,
                        enacted);
        synchronized (statusByName) {
            statusByName.put(name, status);
        }
    }

    /** What it has made stays: "state: absent" removes a bridge. */
    synchronized void remove(String name) {
        entryByName.remove(name);
        synchronized (statusByName) {
            statusByName.remove(name);
        }
    }

    /** Readers do not wait for a policy that is being applied. */
    List<PolicyStatus> all() {
        synchronized (statusByName) {
            return new ArrayList<>(statusByName.values());
        }
    }

    Optional<PolicyStatus> find(String name) {
        synchronized (statusByName) {
            return Optional.ofNullable(statusByName.get(name));
        }
    }
}
