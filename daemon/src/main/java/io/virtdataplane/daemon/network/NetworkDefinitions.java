package io.virtdataplane.daemon.network;

import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.manifest.ObjectKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The NetworkAttachmentDefinitions that were applied, by NAMESPACE/NAME. */
public final class NetworkDefinitions {
    private final Map<String, NetworkDefinition> definitionByName = new TreeMap<>();

    synchronized void put(NetworkDefinition definition) {
        definitionByName.put(definition.name(), definition);
    }

    synchronized void set(List<NetworkDefinition> definitions) {
        definitionByName.clear();
        definitions.forEach(this::put);
    }

    synchronized void remove(String name) {
        definitionByName.remove(name);
    }

    synchronized NetworkDefinition find(String name) {
        NetworkDefinition definition = definitionByName.get(name);
        if (definition == null) {
            throw NotFoundException.of(
                    ObjectKind.NETWORK_DEFINITION.manifestKind(), name, "apply its manifest first");
        }
        return definition;
    }

    public synchronized List<NetworkDefinition> all() {
        return new ArrayList<>(definitionByName.values());
    }
}
