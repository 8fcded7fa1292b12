package io.virtdataplane.manifest;

import io.virtdataplane.wire.Protocols;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A Service as its manifest asks for it, with the defaults of the API server. What is allocated
 * later is empty or 0 here.
 *
 * @param name NAMESPACE/NAME
 * @param externalName of the Service that stands for another name, or empty
 * @param selector empty: somebody else says what the endpoints are
 */
public record ServiceSpec(
        String name,
        Notes notes,
        Type type,
        String externalName,
        Map<String, String> selector,
        List<Port> ports,
        Addresses addresses,
        Traffic traffic,
        LoadBalancer loadBalancer)
        implements Manifest {
    /** The one value of clusterIP that is no address. */
    public static final String NONE = "None";

    /** What others read of it. */
    public record Notes(Map<String, String> labels, Map<String, String> annotations) {}

    public enum Type {
        ClusterIP,
        ExternalName,
        LoadBalancer,
        NodePort
    }

    public enum Family {
        IPv4,
        IPv6;

        public static Family of(String address) {
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
     * @param appProtocol what is spoken there, or empty
     */
    public record Port(
            String name,
            int protocol,
            int port,
            String targetPort,
            int nodePort,
            String appProtocol) {
        Port withNodePort(int number) {
            return new Port(name, protocol, port, targetPort, number, appProtocol);
        }

        /** Else {@code targetPort} is a name. */
        public boolean hasTargetNumber() {
            return targetPort.matches("\\d+");
        }

        public int targetNumber() {
            return Integer.parseInt(targetPort);
        }

        /** "TCP", "UDP" or "SCTP". */
        public String protocolName() {
            return switch (protocol) {
                case Protocols.TCP -> "TCP";
                case Protocols.UDP -> "UDP";
                case Protocols.SCTP -> "SCTP";
                default -> throw new IllegalStateException("protocol=" + protocol);
            };
        }
    }

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
            String distribution) {
        Traffic withHealthCheck(int nodePort) {
            return new Traffic(
                    internal, external, affinitySeconds, nodePort, publishesNotReady, distribution);
        }
    }

    /**
     * @param className loadBalancerClass: who gives the address; empty: the default one
     * @param addresses those asked for; empty: any
     * @param sourceRanges who may come, in CIDR notation; empty: everybody
     */
    public record LoadBalancer(
            String className,
            List<String> addresses,
            List<String> sourceRanges,
            boolean allocatesNodePorts) {}

    @Override
    public ObjectKind kind() {
        return ObjectKind.SERVICE;
    }

    public String namespace() {
        return name.substring(0, name.indexOf('/'));
    }

    public String ownName() {
        return name.substring(name.indexOf('/') + 1);
    }

    /** It has an address of its own. */
    public boolean needsClusterIp() {
        return type != Type.ExternalName && !addresses.isHeadless();
    }

    public boolean needsNodePorts() {
        return type == Type.NodePort || type == Type.LoadBalancer;
    }

    /** Whether a port for health checks belongs to it. */
    public boolean needsHealthCheck() {
        return type == Type.LoadBalancer
                && traffic.external().filter(Policy.Local::equals).isPresent();
    }
}
