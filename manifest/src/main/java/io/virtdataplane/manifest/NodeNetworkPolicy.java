package io.virtdataplane.manifest;

import java.util.List;
import java.util.Map;

/**
 * What a NodeNetworkConfigurationPolicy asks of the nodes that it selects.
 *
 * @param nodeSelector labels that a node must have; empty: all nodes
 */
public record NodeNetworkPolicy(
        String name,
        Map<String, String> nodeSelector,
        MaxUnavailable maxUnavailable,
        List<BridgeSpec> bridges)
        implements Manifest {
    @Override
    public ObjectKind kind() {
        return ObjectKind.NODE_NETWORK_POLICY;
    }
}
