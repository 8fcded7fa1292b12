package io.virtdataplane.daemon.sriov;

import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.daemon.object.Kept;
import io.virtdataplane.daemon.object.Outcome;
import io.virtdataplane.daemon.object.Reconciler;
import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.SriovManifest;
import io.virtdataplane.sriov.NodePolicy;
import io.virtdataplane.sriov.NodeState;
import io.virtdataplane.sriov.PfPlan;
import io.virtdataplane.sriov.PhysicalFunction;
import io.virtdataplane.sriov.SriovNetwork;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Objects of SR-IOV: policies make VFs, networks say what a guest's VF is set to. */
public final class SriovObjects implements Reconciler {
    private static final Logger LOG = LoggerFactory.getLogger(SriovObjects.class);
    private final SriovNode node;
    private final SriovNetworks networks;

    SriovObjects(SriovNode node, SriovNetworks networks) {
        this.node = node;
        this.networks = networks;
    }

    @Override
    public List<ObjectKind> kinds() {
        return List.of(ObjectKind.SRIOV_POLICY, ObjectKind.SRIOV_NETWORK);
    }

    @Override
    public boolean isRisky(ObjectKind kind) {
        return kind == ObjectKind.SRIOV_POLICY;
    }

    @Override
    public void check(List<Manifest> wanted) {
        List<NodePolicy> policies = new ArrayList<>();
        List<SriovNetwork> wantedNetworks = new ArrayList<>();
        for (Manifest manifest : wanted) {
            switch ((SriovManifest) manifest) {
                case SriovManifest.Policy policy -> policies.add(policy.spec());
                case SriovManifest.Network network -> wantedNetworks.add(network.spec());
            }
        }
        NodeState planned = node.check(policies);
        wantedNetworks.forEach(network -> checkOnPfs(network, planned));
        checkNames(wantedNetworks);
    }

    /** On the PFs that are to serve its resource, whether or not they have VFs yet. */
    private static void checkOnPfs(SriovNetwork network, NodeState planned) {
        for (PfPlan plan : planned.plans()) {
            boolean serves =
                    plan.groups().stream()
                            .anyMatch(g -> g.resourceName().equals(network.resourceName()));
            for (PhysicalFunction pf : planned.interfaces()) {
                if (serves && pf.address().equals(plan.address())) {
                    checkOn(network, pf);
                }
            }
        }
    }

    private static void checkOn(SriovNetwork network, PhysicalFunction pf) {
        try {
            network.checkOn(pf);
        } catch (IllegalArgumentException e) {
            throw named(ObjectKind.SRIOV_NETWORK, network.definitionName(), e);
        }
    }

    /** A refusal that says which object of the file it is for. */
    static IllegalArgumentException named(
            ObjectKind kind, String name, IllegalArgumentException refusal) {
        return new IllegalArgumentException(
                kind.manifestKind() + " " + name + ": " + refusal.getMessage(), refusal);
    }

    private void checkNames(List<SriovNetwork> wanted) {
        Set<String> definitions = new HashSet<>();
        Set<String> objects = new HashSet<>();
        for (SriovNetwork network : wanted) {
            networks.mustNotReplace(network);
            String name = network.definitionName();
            boolean isNew =
                    definitions.add(name) & objects.add(network.namespace() + "/" + network.name());
            if (!isNew) {
                throw new IllegalArgumentException(
                        "network must be in a file only once: name=" + name);
            }
        }
    }

    @Override
    public Outcome apply(Manifest object, ApplyOptions options) {
        return switch ((SriovManifest) object) {
            case SriovManifest.Policy policy -> Outcome.inForceAfter(node.apply(policy.spec()));
            case SriovManifest.Network network -> {
                networks.put(network.spec());
                yield Outcome.IN_FORCE;
            }
        };
    }

    @Override
    public Outcome delete(Manifest object) {
        return switch ((SriovManifest) object) {
            case SriovManifest.Policy policy -> Outcome.inForceAfter(node.remove(policy.name()));
            case SriovManifest.Network network -> {
                networks.remove(network.name());
                yield Outcome.IN_FORCE;
            }
        };
    }

    /** What waited was asked for as well: a card is brought in line whenever that is possible. */
    @Override
    public void restore(List<Kept> inForce, List<Kept> waiting, Map<Path, String> unreadable) {
        List<NodePolicy> policies = new ArrayList<>();
        Stream.concat(inForce.stream(), waiting.stream())
                .forEach(
                        kept -> {
                            switch ((SriovManifest) kept.manifest()) {
                                case SriovManifest.Policy policy -> policies.add(policy.spec());
                                case SriovManifest.Network network -> networks.put(network.spec());
                            }
                        });
        Map<Path, String> unreadablePolicies = new TreeMap<>(unreadable);
        unreadablePolicies.keySet().removeIf(SriovObjects::isNetwork);
        unreadable.forEach(
                (file, reason) ->
                        LOG.warn(
                                "stored object not restored, apply it again or delete it: file={} reason={}",
                                file,
                                reason));
        node.start(policies, unreadablePolicies);
    }

    private static boolean isNetwork(Path file) {
        return file.toString().contains("/" + ObjectKind.SRIOV_NETWORK.manifestKind() + "/");
    }

    @Override
    public Outcome forget(Path unreadable) {
        return Outcome.inForceAfter(node.forget(unreadable));
    }
}
