package io.virtdataplane.daemon.network;

import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.manifest.NetworkDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The NetworkAttachmentDefinitions that were applied, by NAMESPACE/NAME. */
final class NetworkDefinitions {
    private static final String DEFAULT_NAMESPACE = "default";
    private final Map<String, NetworkDefinition> definitionByName = new TreeMap<>();

    static String key(String namespace, String name) {
        return (namespace.isEmpty() ? DEFAULT_NAMESPACE : namespace) + "/" + name;
    }

    static String key(NetworkDefinition definition) {
        return key(definition.namespace(), definition.name());
    }

    synchronized boolean put(NetworkDefinition definition) {
        return !definition.equals(definitionByName.put(key(definition), definition));
    }

    synchronized boolean has(String key) {
        return definitionByName.containsKey(key);
    }

    synchronized void remove(String key) {
        if (definitionByName.remove(key) == null) {
            throw new NotFoundException("no such network attachment definition: name=" + key);
        }
    }

    synchronized NetworkDefinition find(String key) {
        NetworkDefinition definition = definitionByName.get(key);
        if (definition == null) {
            throw new NotFoundException(
                    "no such network attachment definition; apply its manifest first: name=" + key);
        }
        return definition;
    }

    synchronized List<NetworkDefinition> all() {
        return new ArrayList<>(definitionByName.values());
    }
}
