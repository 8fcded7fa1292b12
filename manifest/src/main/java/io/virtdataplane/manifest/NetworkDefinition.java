package io.virtdataplane.manifest;

import java.util.Optional;

/**
 * What a NetworkAttachmentDefinition asks for: a port of a bridge.
 *
 * @param ownName metadata.name
 * @param namespace metadata.namespace, or "default"
 * @param dhcp a server for the network, by annotations of ours
 */
public record NetworkDefinition(
        String ownName,
        String namespace,
        Config config,
        CniBridge bridge,
        Optional<NetworkScope> dhcp)
        implements Manifest {
    /**
     * The head of its configuration.
     *
     * @param network the configuration's own name
     */
    public record Config(String network, String cniVersion) {}

    static final String DEFAULT_NAMESPACE = "default";

    public NetworkDefinition {
        namespace = namespace.isEmpty() ? DEFAULT_NAMESPACE : namespace;
    }

    public String network() {
        return config.network();
    }

    @Override
    public ObjectKind kind() {
        return ObjectKind.NETWORK_DEFINITION;
    }

    @Override
    public String name() {
        return namespace + "/" + ownName;
    }
}
