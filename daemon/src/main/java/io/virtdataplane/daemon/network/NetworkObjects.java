package io.virtdataplane.daemon.network;

import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.daemon.object.Kept;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.object.Outcome;
import io.virtdataplane.daemon.object.Reconciler;
import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.manifest.NodeNetworkPolicy;
import io.virtdataplane.manifest.ObjectKind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Objects of bridge networks: node policies make bridges, definitions say who may be on them. */
public final class NetworkObjects implements Reconciler {
    private static final Logger LOG = LoggerFactory.getLogger(NetworkObjects.class);
    private final Bridges bridges;
    private final Attachments attachments;
    private final NodePolicies policies;
    private final NetworkDefinitions definitions = new NetworkDefinitions();
    private final DhcpServices dhcp;
    private final EventJournal journal;

    /**
     * @param clock nanoseconds, as System.nanoTime
     */
    public NetworkObjects(
            Bridges bridges,
            Attachments attachments,
            NodeLabels node,
            EventJournal journal,
            LongSupplier clock) {
        this.bridges = bridges;
        this.attachments = attachments;
        this.policies = new NodePolicies(bridges, node, journal, clock);
        this.dhcp = new DhcpServices(bridges, node.name());
        this.journal = journal;
    }

    @Override
    public List<ObjectKind> kinds() {
        return List.of(ObjectKind.NODE_NETWORK_POLICY, ObjectKind.NETWORK_DEFINITION);
    }

    @Override
    public boolean isRisky(ObjectKind kind) {
        return kind == ObjectKind.NODE_NETWORK_POLICY;
    }

    @Override
    public void check(List<Manifest> wanted) {
        List<NetworkDefinition> all = new ArrayList<>(definitions.all());
        for (Manifest manifest : wanted) {
            if (manifest instanceof NetworkDefinition definition) {
                dhcp.check(definition, all);
                all.add(definition);
            }
        }
    }

    @Override
    public Outcome apply(Manifest object, ApplyOptions options) {
        Outcome outcome = Outcome.IN_FORCE;
        switch (object) {
            case NodeNetworkPolicy policy -> outcome = policies.apply(policy, options);
            case NetworkDefinition definition -> {
                dhcp.check(definition, definitions.all());
                put(definition);
            }
            default -> throw new IllegalStateException("not of this family: " + object.kind());
        }
        dhcp.set(definitions.all()); // a policy may have made a bridge
        return outcome;
    }

    private void put(NetworkDefinition definition) {
        List<NetworkDefinition> before = definitions.all();
        definitions.put(definition);
        try {
            dhcp.set(definitions.all());
        } catch (RuntimeException e) {
            definitions.set(before);
            throw e;
        }
    }

    @Override
    public void checkDelete(Manifest object) {
        if (object instanceof NetworkDefinition definition) {
            long users = users(definition.name());
            if (users > 0) {
                throw new IllegalArgumentException(
                        "name must not be in use by NICs: name="
                                + definition.name()
                                + " nics="
                                + users);
            }
        }
    }

    /** How many NICs are on the network of that definition. */
    public long users(String definition) {
        return attachments.nics().stream()
                .filter(
                        nic ->
                                nic instanceof BridgedNic bridged
                                        && bridged.network().equals(definition))
                .count();
    }

    @Override
    public Outcome delete(Manifest object) {
        if (object instanceof NodeNetworkPolicy policy) {
            policies.remove(policy.name());
        } else {
            definitions.remove(object.name());
            dhcp.set(definitions.all());
        }
        return Outcome.IN_FORCE;
    }

    @Override
    public void restore(List<Kept> inForce, List<Kept> waiting, Map<Path, String> unreadable) {
        unreadable.forEach(
                (file, reason) -> {
                    LOG.warn("object not restored: file={} reason={}", file, reason);
                    journal.record("RestoreFailed", "", file + ": " + reason);
                });
        for (Kept kept : inForce) {
            switch (kept.manifest()) {
                case NodeNetworkPolicy policy -> policies.restore(policy, kept.options());
                case NetworkDefinition definition -> definitions.put(definition);
                default -> throw new IllegalStateException("not of this family");
            }
        }
        for (Kept kept : waiting) {
            switch (kept.manifest()) {
                case NodeNetworkPolicy policy ->
                        policies.restoreWaiting(policy, kept.options(), kept.givenUp());
                case NetworkDefinition definition -> definitions.put(definition);
                default -> throw new IllegalStateException("not of this family");
            }
        }
        dhcp.set(definitions.all());
    }

    @Override
    public List<Manifest> due() {
        return policies.due();
    }

    /** Uplinks that came or went, and what that means for policies: called every few seconds. */
    public void tend() {
        bridges.tend();
        policies.observe();
    }

    public List<PolicyStatus> policies() {
        return policies.all();
    }

    public NetworkDefinitions definitions() {
        return definitions;
    }

    public DhcpServices dhcp() {
        return dhcp;
    }
}
