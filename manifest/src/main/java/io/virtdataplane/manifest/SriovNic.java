package io.virtdataplane.manifest;

/**
 * An interface of a virtual machine with the sriov binding.
 *
 * @param namespace metadata.namespace, or "default"
 * @param machine metadata.name, or empty
 * @param network NAMESPACE/NAME of its NetworkAttachmentDefinition
 * @param mac 0 where the manifest leaves it open
 */
public record SriovNic(
        String namespace, String machine, String interfaceName, String network, long mac) {}
