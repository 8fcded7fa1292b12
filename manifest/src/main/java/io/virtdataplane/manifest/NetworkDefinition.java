package io.virtdataplane.manifest;

import java.util.Optional;

/**
 * What a NetworkAttachmentDefinition asks for: a port of a bridge.
 *
 * @param namespace or empty
 * @param dhcp a server for the network, by annotations of ours
 * @param network the configuration's own name
 */
public record NetworkDefinition(
        String name,
        String namespace,
        String network,
        String cniVersion,
        CniBridge bridge,
        Optional<NetworkScope> dhcp)
        implements BridgeManifest {}
