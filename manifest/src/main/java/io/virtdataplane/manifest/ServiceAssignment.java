package io.virtdataplane.manifest;

import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.manifest.ServiceSpec.FamilyPolicy;
import java.util.List;
import java.util.Optional;

/**
 * What a Service has beside what its manifest asks for: what the API server would have added.
 *
 * @param createdMs UNIX time
 * @param policy empty, as {@code families}: it stands for a name
 * @param clusterIps one for each family; "None" alone: headless
 * @param nodePorts for each port of the Service, in order; 0: none
 * @param healthCheckNodePort or 0
 * @param loadBalancer addresses from the pool; empty: none yet, or none needed
 */
public record ServiceAssignment(
        long createdMs,
        Optional<FamilyPolicy> policy,
        List<Family> families,
        List<String> clusterIps,
        List<Integer> nodePorts,
        int healthCheckNodePort,
        List<String> loadBalancer) {
    public ServiceAssignment {
        families = List.copyOf(families);
        clusterIps = List.copyOf(clusterIps);
        nodePorts = List.copyOf(nodePorts);
        loadBalancer = List.copyOf(loadBalancer);
    }
}
