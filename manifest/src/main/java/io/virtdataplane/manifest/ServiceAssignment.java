package io.virtdataplane.manifest;

import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.manifest.ServiceSpec.FamilyPolicy;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a Service has beside what its manifest asks for: what the API server would have added.
 *
 * @param createdMs UNIX time
 * @param policy empty, as {@code families}: it stands for a name
 * @param clusterIps one for each family; "None" alone: headless
 * @param nodePorts by the names of those ports that have one; the only port may have an empty name
 * @param healthCheckNodePort or 0
 * @param loadBalancer addresses from the pool; empty: none yet, or none needed
 */
public record ServiceAssignment(
        long createdMs,
        Optional<FamilyPolicy> policy,
        List<Family> families,
        List<String> clusterIps,
        Map<String, Integer> nodePorts,
        int healthCheckNodePort,
        List<String> loadBalancer) {
    /** Nothing was given. */
    public static final ServiceAssignment NONE =
            new ServiceAssignment(
                    0, Optional.empty(), List.of(), List.of(), Map.of(), 0, List.of());

    public ServiceAssignment {
        families = List.copyOf(families);
        clusterIps = List.copyOf(clusterIps);
        nodePorts = Map.copyOf(nodePorts);
        loadBalancer = List.copyOf(loadBalancer);
    }

    /** Of a port of the Service; 0: it has none. */
    public int nodePort(ServiceSpec.Port port) {
        return nodePorts.getOrDefault(port.name(), 0);
    }
}
