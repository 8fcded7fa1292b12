package io.virtdataplane.daemon.service;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.wire.AddressText;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
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
        /** The port on any address of the node's; it has no address. */
        NODE_PORT
    }

    /**
     * One address and port that clients use.
     *
     * @param high 0 with {@link Access#NODE_PORT}, as {@code low}
     */
    public record AccessPoint(Access access, long high, long low, int port) {}

    /**
     * Where a Service is served.
     *
     * @param server the machine or the pod, NAMESPACE/NAME
     * @param isLocal on this node
     * @param isPreferred clients of this node go to those of which this holds, while one is ready
     * @param high of the address of the pod, as {@code low}
     */
    public record Endpoint(
            String server,
            boolean isLocal,
            boolean isPreferred,
            long high,
            long low,
            int port,
            State state) {}

    /**
     * Of an endpoint.
     *
     * @param isReady new sessions may go there
     * @param isServing it would answer; where none is ready, those that serve and end are taken
     * @param isTerminating it is about to go
     */
    public record State(boolean isReady, boolean isServing, boolean isTerminating) {
        public static final State READY = new State(true, true, false);
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
     * @param accessPoints at least one
     * @param endpoints in a steady order; empty: clients are refused
     * @param policy who is sent where
     */
    public record ServicePort(
            int number,
            String service,
            String name,
            int protocol,
            boolean isIpv6,
            List<AccessPoint> accessPoints,
            List<Endpoint> endpoints,
            Policy policy) {
        public ServicePort {
            accessPoints = List.copyOf(accessPoints);
            endpoints = List.copyOf(endpoints);
        }

        /** Which one it is, in this map and in any other. */
        public PortKey key() {
            return new PortKey(service, protocol, accessPoints.getFirst().port(), isIpv6);
        }

        /** NAMESPACE/NAME, and the port's name where it has one: "default/web:http". */
        public String fullName() {
            return name.isEmpty() ? service : service + ":" + name;
        }

        /** The same by another number. */
        public ServicePort numbered(int other) {
            return new ServicePort(
                    other, service, name, protocol, isIpv6, accessPoints, endpoints, policy);
        }

        /**
         * One of its access points as the packet path has it.
         *
         * @param id of this port
         * @param isLocal only endpoints of this node answer
         */
        public FrontEnd frontEnd(AccessPoint at, int id, boolean isLocal) {
            Choice choice = choice(isLocal);
            return new FrontEnd(
                    at.access() == Access.NODE_PORT
                            ? FrontEnd.ofNode(isIpv6, at.port())
                            : new FrontEnd.Endpoint(at.high(), at.low(), at.port()),
                    protocol,
                    id,
                    TimeUnit.SECONDS.toNanos(policy.affinitySeconds()),
                    isLocal,
                    at.access() == Access.LOAD_BALANCER ? policy.sources() : FrontEnd.ANYBODY,
                    at.access() == Access.CLUSTER_IP,
                    choice.endpoints(),
                    those(endpoints, each -> each.state().isReady() || each.state().isServing()),
                    fullName() + " (" + choice.words() + ")");
        }

        /** With those that new sessions may go to, and in words which these are. */
        private record Choice(List<FrontEnd.Endpoint> endpoints, String words) {}

        /**
         * By kube-proxy's rule (KEP 1669, KEP 2086, KEP 2433): those that are ready and preferred;
         * where none is, those that still serve and are about to go.
         *
         * @param isLocal of this node alone
         */
        private Choice choice(boolean isLocal) {
            List<Endpoint> near =
                    endpoints.stream().filter(each -> !isLocal || each.isLocal()).toList();
            List<FrontEnd.Endpoint> ready =
                    those(near, each -> each.state().isReady() && (isLocal || each.isPreferred()));
            String where = isLocal ? " on this node" : "";
            if (!ready.isEmpty()) {
                boolean isNear = !isLocal && !endpoints.stream().allMatch(Endpoint::isPreferred);
                return new Choice(
                        ready, "ready ones" + (isNear ? " for this node or zone" : where));
            }
            List<FrontEnd.Endpoint> ending =
                    those(near, each -> each.state().isServing() && each.state().isTerminating());
            return ending.isEmpty()
                    ? new Choice(List.of(), "no endpoint serves it" + where)
                    : new Choice(ending, "ending ones, as none is ready" + where);
        }

        private static List<FrontEnd.Endpoint> those(
                List<Endpoint> endpoints, Predicate<Endpoint> which) {
            return endpoints.stream()
                    .filter(which)
                    .map(each -> new FrontEnd.Endpoint(each.high(), each.low(), each.port()))
                    .toList();
        }
    }

    /**
     * One port of a Service in one family, by what it is known from map to map and from run to run.
     *
     * @param service NAMESPACE/NAME
     * @param protocol IP protocol number
     * @param port at the Service's own address
     */
    public record PortKey(String service, int protocol, int port, boolean isIpv6) {
        /** For maps of the kernel's that outlive a run: the same number in each. */
        public int inAllRuns() {
            return Objects.hash(service, protocol, port, isIpv6);
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
        /** {@link #sourceRanges} of these networks in CIDR notation, of both families. */
        public static Optional<List<SourceRange>> ofFamily(List<String> cidrs, Family family) {
            return cidrs.isEmpty()
                    ? Optional.empty()
                    : Optional.of(
                            cidrs.stream()
                                    .filter(cidr -> Family.of(cidr) == family)
                                    .map(SourceRange::of)
                                    .toList());
        }

        /** The same for the packet path. */
        private List<FrontEnd.Range> sources() {
            return sourceRanges
                    .map(ranges -> ranges.stream().map(SourceRange::range).toList())
                    .orElse(FrontEnd.ANYBODY);
        }
    }

    /** Addresses whose first {@code prefixLength} bits of 128 are these. */
    public record SourceRange(long high, long low, int prefixLength) {
        private static final int IPV4_AT = 96; // bits in front of an IPv4 address

        /** Of a network in CIDR notation. */
        public static SourceRange of(String cidr) {
            String[] parts = cidr.split("/", -1);
            long[] address = AddressText.ip(parts[0]);
            int length = Integer.parseInt(parts[1]);
            int bits = Family.of(cidr) == Family.IPv4 ? IPV4_AT + length : length;
            return new SourceRange(
                    address[0] & mask(bits), address[1] & mask(bits - Long.SIZE), bits);
        }

        /** Of 64 bits, the first {@code bits}. */
        private static long mask(int bits) {
            return bits <= 0 ? 0 : -1L << Math.max(0, Long.SIZE - bits);
        }

        private FrontEnd.Range range() {
            return new FrontEnd.Range(high, low, prefixLength);
        }
    }

    /**
     * A port that tells load balancers whether this node serves a Service.
     *
     * @param localEndpoints machines on this node with a ready endpoint; 0: it answers 503
     */
    public record HealthCheck(int nodePort, String service, int localEndpoints) {}

    /**
     * Takes each map, one at a time, the newest one last. It may take its time, and may not fail.
     */
    @FunctionalInterface
    public interface Listener {
        void changed(ServiceMap services);
    }
}
