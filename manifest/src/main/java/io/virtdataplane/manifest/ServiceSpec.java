package io.virtdataplane.manifest;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Service as its manifest asks for it, with the defaults of the API server. What is allocated
 * later is empty or 0 here.
 *
 * @param name NAMESPACE/NAME
 * @param selector empty: somebody else says what the endpoints are
 */
public record ServiceSpec(
        String name,
        Type type,
        Map<String, String> selector,
        List<Port> ports,
        Addresses addresses,
        Traffic traffic,
        LoadBalancer loadBalancer) {
    /** The one value of clusterIP that is no address. */
    static final String NONE = "None";

    public enum Type {
        ClusterIP,
        ExternalName,
        LoadBalancer,
        NodePort
    }

    public enum Family {
        IPv4,
        IPv6;

        static Family of(String address) {
            return address.indexOf(':') >= 0 ? IPv6 : IPv4;
        }

        Family other() {
            return this == IPv4 ? IPv6 : IPv4;
        }
    }

    public enum FamilyPolicy {
        PreferDualStack,
        RequireDualStack,
        SingleStack
    }

    public enum Policy {
        Cluster,
        Local
    }

    /**
     * @param name or empty
     * @param protocol IP protocol number
     * @param targetPort a number, or the name of a port that the machine lists
     * @param nodePort 0: none, or any
     */
    public record Port(String name, int protocol, int port, String targetPort, int nodePort) {}

    /**
     * @param clusterIps those asked for; "None" alone: headless
     * @param families those asked for, the first is the primary one
     */
    public record Addresses(
            List<String> clusterIps,
            List<Family> families,
            Optional<FamilyPolicy> familyPolicy,
            List<String> externalIps) {
        public boolean isHeadless() {
            return clusterIps.equals(List.of(NONE));
        }
    }

    /**
     * @param external empty: nobody outside reaches the Service
     * @param affinitySeconds how long a client keeps its endpoint; 0: it does not
     * @param healthCheckNodePort 0: none, or any
     * @param distribution trafficDistribution, or empty
     */
    public record Traffic(
            Policy internal,
            Optional<Policy> external,
            int affinitySeconds,
            int healthCheckNodePort,
            boolean publishesNotReady,
            String distribution) {}

    /**
     * @param className loadBalancerClass: who gives the address; empty: the default one
     * @param sourceRanges who may come, in CIDR notation; empty: everybody
     */
    public record LoadBalancer(
            String className, List<String> sourceRanges, boolean allocatesNodePorts) {}

    /** Whether a port for health checks belongs to it. */
    public boolean needsHealthCheck() {
        return type == Type.LoadBalancer
                && traffic.external().filter(Policy.Local::equals).isPresent();
    }
}
