package io.virtdataplane.manifest;

import io.virtdataplane.sriov.SriovNetwork;

/**
 * What a configuration of the CNI plugin sriov asks for.
 *
 * @param pciAddress of the VF
 * @param network what the VF is set to
 * @param mac 0: the VF keeps its own
 */
public record CniVf(String pciAddress, SriovNetwork network, long mac) {
    /**
     * Throws {@link InvalidManifestException} with the plugin's own words where it has some.
     *
     * @param config as a runtime hands it over, JSON
     * @param macOfArguments of CNI_ARGS; empty: none
     */
    public static CniVf parse(String config, String macOfArguments) {
        return CniVfConfig.read(Document.root(config), macOfArguments);
    }
}
