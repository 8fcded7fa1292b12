package io.virtdataplane.daemon.sriov;

import io.virtdataplane.api.AppliedObject;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.SriovManifest;
import io.virtdataplane.manifest.SriovNetworkManifest;
import io.virtdataplane.sriov.NodePolicy;
import io.virtdataplane.sriov.NodeState;
import io.virtdataplane.sriov.PfPlan;
import io.virtdataplane.sriov.PhysicalFunction;
import io.virtdataplane.sriov.SriovNetwork;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Policies and networks of SR-IOV as objects of a file: checked together, applied one by one. */
public final class SriovObjects {
    private final SriovNode node;
    private final SriovNetworks networks;

    SriovObjects(SriovNode node, SriovNetworks networks) {
        this.node = node;
        this.networks = networks;
    }

    /** Refuses all where one could not be applied when its turn comes. */
    public void check(List<SriovManifest> manifests) {
        List<NodePolicy> policies = new ArrayList<>();
        List<SriovNetwork> wanted = new ArrayList<>();
        for (SriovManifest manifest : manifests) {
            switch (manifest) {
                case SriovManifest.Policy policy -> policies.add(policy.spec());
                case SriovManifest.Network network -> wanted.add(network.spec());
            }
        }
        if (!manifests.isEmpty()) {
            NodeState planned = node.check(policies);
            wanted.forEach(network -> checkOnPfs(network, planned));
            checkNames(wanted);
        }
    }

    /** On the PFs that are to serve its resource, whether or not they have VFs yet. */
    private static void checkOnPfs(SriovNetwork network, NodeState planned) {
        for (PfPlan plan : planned.plans()) {
            boolean serves =
                    plan.groups().stream()
                            .anyMatch(g -> g.resourceName().equals(network.resourceName()));
            for (PhysicalFunction pf : planned.interfaces()) {
                if (serves && pf.address().equals(plan.address())) {
                    network.checkOn(pf);
                }
            }
        }
    }

    private void checkNames(List<SriovNetwork> wanted) {
        Set<String> definitions = new HashSet<>();
        Set<String> objects = new HashSet<>();
        for (SriovNetwork network : wanted) {
            networks.mustNotReplace(network);
            String name = SriovNetworks.name(network);
            boolean isNew =
                    definitions.add(name) & objects.add(network.namespace() + "/" + network.name());
            if (!isNew) {
                throw new IllegalArgumentException(
                        "network must stand in a file once: name=" + name);
            }
        }
    }

    /** {@code manifest}: its text, which is kept. */
    public AppliedObject apply(SriovManifest object, String manifest) {
        return switch (object) {
            case SriovManifest.Policy wanted -> {
                NodePolicy policy = wanted.spec();
                Optional<NodePolicy> before = node.find(policy.name());
                yield applied(ObjectKind.SRIOV_POLICY, policy.name(), before, policy)
                        .setPass(node.apply(manifest).pass())
                        .build();
            }
            case SriovManifest.Network wanted -> {
                SriovNetwork network = wanted.spec();
                Optional<SriovNetwork> before = networks.find(SriovNetworks.name(network));
                networks.apply(manifest); // checked on the cards as the whole file makes them
                yield applied(
                                ObjectKind.SRIOV_NETWORK,
                                SriovNetworks.name(network),
                                before,
                                network)
                        .build();
            }
        };
    }

    private static <T> AppliedObject.Builder applied(
            ObjectKind kind, String name, Optional<T> before, T now) {
        String result =
                before.isEmpty()
                        ? "created"
                        : before.get().equals(now) ? "unchanged" : "configured";
        return AppliedObject.newBuilder().setKind(kind.toString()).setName(name).setResult(result);
    }

    /** The name by which an object is found: of a network, its definition's. */
    public static String name(SriovManifest object) {
        return switch (object) {
            case SriovManifest.Policy policy -> policy.spec().name();
            case SriovManifest.Network network -> SriovNetworks.name(network.spec());
        };
    }

    /** NAMESPACE/NAME of a network, which may come without the first. */
    public static String networkName(String name) {
        return name.contains("/") ? name : SriovNetworkManifest.DEFAULT_NAMESPACE + "/" + name;
    }

    /** Refuses what {@link #deletePolicy} would. */
    public void checkDeletePolicy(String name) {
        if (!node.has(name)) {
            throw noPolicy(name);
        }
    }

    /** The pass that will have put the cards back. */
    public long deletePolicy(String name) {
        long pass = node.remove(name);
        if (pass < 0) {
            throw noPolicy(name);
        }
        return pass;
    }

    private static NotFoundException noPolicy(String name) {
        return new NotFoundException("policy must be applied: name=" + name);
    }

    /** Refuses what {@link #deleteNetwork} would. */
    public void checkDeleteNetwork(String name) {
        if (networks.find(name).isEmpty()) {
            throw noNetwork(name);
        }
    }

    /** {@code name}: NAMESPACE/NAME of its definition. */
    public void deleteNetwork(String name) {
        if (!networks.remove(name)) {
            throw noNetwork(name);
        }
    }

    private static NotFoundException noNetwork(String name) {
        return new NotFoundException("network must be applied: name=" + name);
    }
}
