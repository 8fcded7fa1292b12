package io.virtdataplane.daemon.service;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * All Services of this node as the packet path needs them: a value, replaced as a whole by the next
 * one. Addresses are 128 bits, an IPv4 one as ::ffff:a.b.c.d ({@link io.virtdataplane.wire.Ip}).
 *
 * @param version counts the maps; the later one is the larger
 * @param ports in the order of their numbers; one for each port and family of a Service. A headless
 *     Service and one that stands for a name have none
 * @param healthChecks in the order of their node ports
 */
public record ServiceMap(long version, List<ServicePort> ports, List<HealthCheck> healthChecks) {
    public static final ServiceMap EMPTY = new ServiceMap(0, List.of(), List.of());

    public ServiceMap {
        ports = List.copyOf(ports);
        healthChecks = List.copyOf(healthChecks);
    }

    /** Where a client knocks. */
    public enum Access {
        /** Its own address, for guests and the node. */
        CLUSTER_IP,
        /** An address that somebody else leads to this node. */
        EXTERNAL_IP,
        /** The address from the pool of load balancers. */
        LOAD_BALANCER,
        /** The port on any address of the node's; the front end has no address. */
        NODE_PORT
    }

    /**
     * One address and port that clients use.
     *
     * @param high 0 with {@link Access#NODE_PORT}, as {@code low}
     */
    public record FrontEnd(Access access, long high, long low, int port) {}

    /**
     * What a guest serves.
     *
     * @param machine NAMESPACE/NAME
     * @param nic its number in {@code Attachments}, which is the id of its Vif; -1: on another node
     * @param high of the address of its pod, as {@code low}
     * @param isReady new sessions may go there
     * @param isServing it would answer; where none is ready, those that serve and end are taken
     * @param isTerminating it is about to go
     */
    public record Endpoint(
            String machine,
            int nic,
            long high,
            long low,
            int port,
            boolean isReady,
            boolean isServing,
            boolean isTerminating) {
        public boolean isLocal() {
            return nic >= 0;
        }
    }

    /**
     * One port of one Service in one family.
     *
     * @param number stays the same for as long as the Service has this port in this family, and is
     *     given to another one only after that
     * @param service NAMESPACE/NAME
     * @param name of the port, or empty
     * @param protocol IP protocol number: TCP, UDP or SCTP
     * @param isIpv6 the family
     * @param frontEnds at least one
     * @param endpoints in the order of their machines' names; empty: clients are refused
     * @param policy who is sent where
     */
    public record ServicePort(
            int number,
            String service,
            String name,
            int protocol,
            boolean isIpv6,
            List<FrontEnd> frontEnds,
            List<Endpoint> endpoints,
            Policy policy) {
        public ServicePort {
            frontEnds = List.copyOf(frontEnds);
            endpoints = List.copyOf(endpoints);
        }

        /**
         * One of the front ends as the packet path has it.
         *
         * @param id of this port
         * @param isLocal only endpoints of this node answer
         */
        public io.virtdataplane.dataplane.FrontEnd frontEnd(FrontEnd at, int id, boolean isLocal) {
            return new io.virtdataplane.dataplane.FrontEnd(
                    at.access() == Access.NODE_PORT
                            ? io.virtdataplane.dataplane.FrontEnd.ofNode(isIpv6, at.port())
                            : new io.virtdataplane.dataplane.FrontEnd.Endpoint(
                                    at.high(), at.low(), at.port()),
                    protocol,
                    id,
                    TimeUnit.SECONDS.toNanos(policy.affinitySeconds()),
                    isLocal,
                    at.access() == Access.LOAD_BALANCER
                            ? policy.sources()
                            : io.virtdataplane.dataplane.FrontEnd.ANYBODY,
                    at.access() == Access.CLUSTER_IP,
                    choice(isLocal));
        }

        /**
         * Those that new sessions may go to, by kube-proxy's rule (KEP 1669, KEP 2086): that are
         * ready; where none is, those that still serve and are about to go.
         *
         * @param isLocal of this node alone
         */
        private List<io.virtdataplane.dataplane.FrontEnd.Endpoint> choice(boolean isLocal) {
            List<Endpoint> near =
                    endpoints.stream().filter(each -> !isLocal || each.isLocal()).toList();
            List<io.virtdataplane.dataplane.FrontEnd.Endpoint> ready =
                    those(near, Endpoint::isReady);
            return ready.isEmpty()
                    ? those(near, each -> each.isServing() && each.isTerminating())
                    : ready;
        }

        private static List<io.virtdataplane.dataplane.FrontEnd.Endpoint> those(
                List<Endpoint> endpoints, Predicate<Endpoint> which) {
            return endpoints.stream()
                    .filter(which)
                    .map(
                            each ->
                                    new io.virtdataplane.dataplane.FrontEnd.Endpoint(
                                            each.high(), each.low(), each.port()))
                    .toList();
        }
    }

    /**
     * @param isInternalLocal from this node only to endpoints on it (internalTrafficPolicy)
     * @param isExternalLocal from outside only to endpoints on this node, and with the client's
     *     address (externalTrafficPolicy)
     * @param affinitySeconds how long a client keeps its endpoint; 0: it does not
     * @param sourceRanges of this family, who may come to {@link Access#LOAD_BALANCER}; empty:
     *     everybody. An empty list: nobody, as all ranges are of the other family
     */
    public record Policy(
            boolean isInternalLocal,
            boolean isExternalLocal,
            int affinitySeconds,
            Optional<List<SourceRange>> sourceRanges) {
        /** The same for the packet path. */
        private List<io.virtdataplane.dataplane.FrontEnd.Range> sources() {
            return sourceRanges
                    .map(ranges -> ranges.stream().map(SourceRange::range).toList())
                    .orElse(io.virtdataplane.dataplane.FrontEnd.ANYBODY);
        }
    }

    /** Addresses whose first {@code prefixLength} bits of 128 are these. */
    public record SourceRange(long high, long low, int prefixLength) {
        private io.virtdataplane.dataplane.FrontEnd.Range range() {
            return new io.virtdataplane.dataplane.FrontEnd.Range(high, low, prefixLength);
        }
    }

    /**
     * A port that tells load balancers whether this node serves a Service.
     *
     * @param localEndpoints machines on this node with a ready endpoint; 0: it answers 503
     */
    public record HealthCheck(int nodePort, String service, int localEndpoints) {}

    /** Where a session may lead. */
    public record Target(int protocol, long high, long low, int port) {}

    /**
     * What {@code before} led to and this does not: sessions there that have no end of their own
     * are stale.
     */
    public Set<Target> goneSince(ServiceMap before) {
        Set<Target> gone = before.targets();
        gone.removeAll(targets());
        return gone;
    }

    private Set<Target> targets() {
        Set<Target> all = new HashSet<>();
        for (ServicePort port : ports) {
            for (Endpoint each : port.endpoints()) {
                all.add(new Target(port.protocol(), each.high(), each.low(), each.port()));
            }
        }
        return all;
    }

    /**
     * Takes each map, one at a time, the newest one last. It may take its time, and may not fail.
     */
    @FunctionalInterface
    public interface Listener {
        void changed(ServiceMap services);
    }
}
