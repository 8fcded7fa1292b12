package io.virtdataplane.daemon.sriov;

import io.virtdataplane.daemon.state.ManifestStore;
import io.virtdataplane.manifest.SriovNetworkManifest;
import io.virtdataplane.sriov.NodeState;
import io.virtdataplane.sriov.ResourceVf;
import io.virtdataplane.sriov.SriovNetwork;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The SR-IOV networks that guests may ask for, by NAMESPACE/NAME of their attachment definition.
 */
public final class SriovNetworks {
    private static final Logger LOG = LoggerFactory.getLogger(SriovNetworks.class);
    private final ManifestStore store;
    private final Map<String, SriovNetwork> networkByName = new HashMap<>();

    SriovNetworks(Path directory) {
        store = new ManifestStore(directory.resolve("networks"));
        ManifestStore.Stored<SriovNetwork> stored = store.all(SriovNetworkManifest::parse);
        stored.manifests().forEach(network -> networkByName.put(name(network), network));
        stored.unreadable()
                .forEach(
                        (file, reason) ->
                                LOG.warn(
                                        "stored network is left out until it is applied again: file={} reason={}",
                                        file,
                                        reason));
    }

    /** Checked against the cards that serve its resource now. */
    public synchronized SriovNetwork apply(String manifest, NodeState state) {
        SriovNetwork network = SriovNetworkManifest.parse(manifest);
        for (ResourceVf vf :
                ResourceVf.byResource(state).getOrDefault(network.resourceName(), List.of())) {
            network.checkOn(vf.pf());
        }
        return apply(manifest);
    }

    /** The cards have been looked at. */
    public synchronized SriovNetwork apply(String manifest) {
        SriovNetwork network = SriovNetworkManifest.parse(manifest);
        mustNotReplace(network);
        store.put(file(network), manifest); // first: what is not on the disk is not in force
        // One object has one definition: where networkNamespace has changed it moves.
        networkByName
                .values()
                .removeIf(
                        old ->
                                old.name().equals(network.name())
                                        && old.namespace().equals(network.namespace()));
        networkByName.put(name(network), network);
        return network;
    }

    /** Another namespace's network may have its definition there. */
    synchronized void mustNotReplace(SriovNetwork network) {
        SriovNetwork other = networkByName.get(name(network));
        if (other != null && !other.namespace().equals(network.namespace())) {
            throw new IllegalArgumentException(
                    "network must not replace another namespace's: name="
                            + name(network)
                            + " other="
                            + other.namespace()
                            + "/"
                            + other.name());
        }
    }

    public synchronized boolean remove(String name) {
        SriovNetwork network = networkByName.get(name);
        if (network == null) {
            return false;
        }
        store.remove(file(network));
        networkByName.remove(name);
        return true;
    }

    synchronized Optional<SriovNetwork> find(String name) {
        return Optional.ofNullable(networkByName.get(name));
    }

    public synchronized List<SriovNetwork> all() {
        return networkByName.values().stream()
                .sorted(Comparator.comparing(SriovNetworks::name))
                .toList();
    }

    public synchronized List<String> names() {
        return networkByName.keySet().stream().sorted().toList();
    }

    public static String name(SriovNetwork network) {
        return network.attachmentNamespace() + "/" + network.name();
    }

    private static String file(SriovNetwork network) {
        return network.namespace() + "_" + network.name();
    }
}
