package io.virtdataplane.daemon.sriov;

import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.sriov.SriovNetwork;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The SR-IOV networks that guests may ask for, by NAMESPACE/NAME of their attachment definition.
 */
public final class SriovNetworks {
    private final Map<String, SriovNetwork> networkByName = new HashMap<>();

    synchronized void put(SriovNetwork network) {
        // One object has one definition: where networkNamespace has changed it moves.
        networkByName
                .values()
                .removeIf(
                        old ->
                                old.name().equals(network.name())
                                        && old.namespace().equals(network.namespace()));
        networkByName.put(network.definitionName(), network);
    }

    /** Another namespace's network may have its definition there. */
    synchronized void mustNotReplace(SriovNetwork network) {
        SriovNetwork other = networkByName.get(network.definitionName());
        if (other != null && !other.namespace().equals(network.namespace())) {
            throw new IllegalArgumentException(
                    "network must not replace a network of another namespace: name="
                            + network.definitionName()
                            + " other="
                            + other.namespace()
                            + "/"
                            + other.name());
        }
    }

    synchronized void remove(String name) {
        networkByName.remove(name);
    }

    synchronized Optional<SriovNetwork> find(String name) {
        return Optional.ofNullable(networkByName.get(name));
    }

    public SriovNetwork get(String name) {
        return find(name)
                .orElseThrow(
                        () -> NotFoundException.of(ObjectKind.SRIOV_NETWORK.manifestKind(), name));
    }

    public synchronized List<SriovNetwork> all() {
        return networkByName.values().stream()
                .sorted(Comparator.comparing(SriovNetwork::definitionName))
                .toList();
    }

    public synchronized List<String> names() {
        return networkByName.keySet().stream().sorted().toList();
    }
}
