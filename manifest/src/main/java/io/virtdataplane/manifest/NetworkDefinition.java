package io.virtdataplane.manifest;

import java.util.Optional;

/**
 * What a NetworkAttachmentDefinition asks for: a port of a bridge.
 *
 * @param ownName metadata.name
 * @param namespace metadata.namespace, or "default"
 * @param network the configuration's own name
 * @param dhcp a server for the network, by annotations of ours
 */
public record NetworkDefinition(
        String ownName,
        String namespace,
        String network,
        String cniVersion,
        CniBridge bridge,
        Optional<NetworkScope> dhcp)
        implements Manifest {
    static final String DEFAULT_NAMESPACE = "default";

    public NetworkDefinition {
        namespace = namespace.isEmpty() ? DEFAULT_NAMESPACE : namespace;
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
