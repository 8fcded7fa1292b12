package io.virtdataplane.daemon.network;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.object.Outcome;
import io.virtdataplane.manifest.BridgePortSpec;
import io.virtdataplane.manifest.BridgeSpec;
import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.NodeNetworkPolicy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The NodeNetworkConfigurationPolicies of this node. Each is brought into force as a transaction,
 * and again where that failed, but where it cost the node a gateway. What its conditions say
 * follows the node: an uplink that goes or comes changes them.
 */
final class NodePolicies {
    private static final Logger LOG = LoggerFactory.getLogger(NodePolicies.class);
    private static final long SECOND_NS = 1_000_000_000L;

    /** A failure whose cause cannot be seen may have gone; each try can disturb the bridges. */
    private static final long RESYNC_NS = 300 * SECOND_NS;

    /** Until then after a start, a node without a default route may still be getting one. */
    private static final long BOOT_NS = 120 * SECOND_NS;

    private final Bridges bridges;
    private final NodeLabels node;
    private final EventJournal journal;
    private final LongSupplier clock;
    private final long startedNs;
    private final ReentrantLock changing = new ReentrantLock(); // held while one is being applied
    private final Map<String, Entry> entryByName = new LinkedHashMap<>(); // in order of application
    private final Map<String, PolicyStatus> statusByName = new ConcurrentSkipListMap<>();

    /** A policy and how it stands. */
    private static final class Entry {
        final NodeNetworkPolicy policy;
        final ApplyOptions options;
        final boolean isRestored;
        Outcome outcome;
        String fingerprint = ""; // of its uplinks at the last try
        long triedNs;

        Entry(NodeNetworkPolicy policy, ApplyOptions options, boolean isRestored, Outcome outcome) {
            this.policy = policy;
            this.options = options;
            this.isRestored = isRestored;
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
        this.startedNs = clock.getAsLong();
    }

    Outcome apply(NodeNetworkPolicy policy, ApplyOptions options) {
        changing.lock();
        try {
            Entry before = entryByName.remove(policy.name()); // it goes to the end
            Outcome was = before == null ? Outcome.IN_FORCE : before.outcome;
            Entry entry = new Entry(policy, options, false, was);
            entryByName.put(policy.name(), entry);
            attempt(entry);
            return entry.outcome;
        } finally {
            changing.unlock();
        }
    }

    /** What was in force when the last run ended. */
    void restore(NodeNetworkPolicy policy, ApplyOptions options) {
        changing.lock();
        try {
            Entry entry = new Entry(policy, options, true, Outcome.IN_FORCE);
            entryByName.put(policy.name(), entry);
            if (concerns(policy)) {
                restore(entry);
            } else {
                note(entry);
            }
        } finally {
            changing.unlock();
        }
    }

    private void restore(Entry entry) {
        String name = entry.policy.name();
        try {
            transaction(entry).restore();
            journal.record("PolicyApplied", name, "restored after a restart");
        } catch (RuntimeException e) {
            LOG.warn("policy not fully restored: policy={} reason={}", name, e.getMessage());
            if (lacksBridge(entry.policy)) { // an uplink alone is taken up when it comes
                failed(entry, Outcome.waiting(e.getMessage()));
                note(entry);
                return;
            }
        }
        observe(entry);
    }

    private boolean lacksBridge(NodeNetworkPolicy policy) {
        return policy.bridges().stream()
                .filter(spec -> spec.state() == BridgeSpec.State.up)
                .anyMatch(spec -> bridges.settings(spec.name()).isEmpty());
    }

    /** What was not in force. Where {@code givenUp} is empty it is tried when the time is right. */
    void restoreWaiting(NodeNetworkPolicy policy, ApplyOptions options, String givenUp) {
        changing.lock();
        try {
            Outcome outcome =
                    givenUp.isEmpty()
                            ? Outcome.waiting("the daemon stopped before the policy was in force")
                            : Outcome.givenUp(givenUp);
            Entry entry = new Entry(policy, options, true, outcome);
            entryByName.put(policy.name(), entry);
            note(entry);
        } finally {
            changing.unlock();
        }
    }

    private boolean selects(NodeNetworkPolicy policy) {
        return node.matches(policy.nodeSelector());
    }

    /** For this node, and with something for us to do. */
    private boolean concerns(NodeNetworkPolicy policy) {
        return selects(policy) && !policy.bridges().isEmpty();
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
        if (!concerns(policy)) {
            entry.outcome = Outcome.IN_FORCE;
            note(entry);
            return;
        }
        publish(entry, Conditions.progressing(), Conditions.enacting());
        try {
            transaction(entry).run();
            entry.outcome = Outcome.IN_FORCE;
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
        entry.fingerprint = bridges.fingerprint(uplinks(entry.policy));
        entry.triedNs = clock.getAsLong();
    }

    /** Those that wait and may be tried now; none while one is being applied. */
    List<Manifest> due() {
        if (!changing.tryLock()) {
            return List.of();
        }
        try {
            return entryByName.values().stream()
                    .filter(this::isDue)
                    .<Manifest>map(entry -> entry.policy)
                    .toList();
        } finally {
            changing.unlock();
        }
    }

    private boolean isDue(Entry entry) {
        if (entry.outcome.standing() != Outcome.Standing.WAITING) {
            return false;
        }
        List<String> wanted = uplinks(entry.policy);
        boolean hasChanged = !bridges.fingerprint(wanted).equals(entry.fingerprint);
        boolean isTime = clock.getAsLong() - entry.triedNs >= RESYNC_NS;
        return (hasChanged || isTime) && bridges.hasDevices(wanted) && isSafe(entry);
    }

    /**
     * Nobody watches: a policy must not be tried while nothing would tell that it costs the node
     * its gateway.
     */
    private boolean isSafe(Entry entry) {
        if (GatewayProbe.hasGateways()) {
            return !GatewayProbe.isCutOff();
        }
        return !entry.isRestored || clock.getAsLong() - startedNs >= BOOT_NS;
    }

    private static List<String> uplinks(NodeNetworkPolicy policy) {
        return policy.bridges().stream()
                .filter(spec -> spec.state() == BridgeSpec.State.up)
                .flatMap(spec -> spec.ports().stream().flatMap(List::stream))
                .map(BridgePortSpec::name)
                .toList();
    }

    /** Sees whether what is in force still is. Called every few seconds. */
    void observe() {
        if (!changing.tryLock()) {
            return; // one is being applied
        }
        try {
            entryByName.values().stream()
                    .filter(entry -> entry.outcome.isInForce())
                    .forEach(this::observe);
        } finally {
            changing.unlock();
        }
    }

    private void observe(Entry entry) {
        if (!concerns(entry.policy)) {
            return;
        }
        List<String> missing =
                entry.policy.bridges().stream()
                        .filter(spec -> spec.state() == BridgeSpec.State.up)
                        .flatMap(this::missing)
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
        } else if (!concerns(entry.policy)) {
            publish(entry, Conditions.leftToOthers(), List.of());
        } else if (entry.outcome.message().isEmpty()) {
            publish(entry, Conditions.succeeded(), Conditions.enacted());
        } else {
            String why = entry.outcome.message();
            publish(
                    entry,
                    Conditions.failed(),
                    entry.outcome.isInForce() ? Conditions.lacking(why) : Conditions.failing(why));
        }
    }

    private void publish(Entry entry, List<Condition> conditions, List<Condition> enacted) {
        String name = entry.policy.name();
        String enactment = enacted.isEmpty() ? "" : node.name() + "." + name;
        statusByName.put(name, new PolicyStatus(name, conditions, enactment, enacted));
    }

    /** What it has made stays: "state: absent" removes a bridge. */
    void remove(String name) {
        changing.lock();
        try {
            entryByName.remove(name);
            statusByName.remove(name);
        } finally {
            changing.unlock();
        }
    }

    /** Readers do not wait for a policy that is being applied. */
    List<PolicyStatus> all() {
        return List.copyOf(statusByName.values());
    }
}
