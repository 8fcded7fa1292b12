package io.virtdataplane.daemon.manifest;

/**
 * What a NetworkAttachmentDefinition asks for: a port of a bridge.
 *
 * @param namespace or empty
 * @param network the configuration's own name
 */
public record NetworkAttachment(
        String name, String namespace, String network, String cniVersion, CniBridge bridge)
        implements Manifest {}
