package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointHints;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.ForNode;
import io.fabric8.kubernetes.api.model.discovery.v1.ForZone;
import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.State;
import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.wire.AddressText;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Who serves a port of a Service, by its EndpointSlices (discovery.k8s.io/v1). What conditions say
 * nothing of is taken as the API's documentation has it; an address that two slices have counts
 * once, and is local if either says so.
 */
final class SliceEndpoints {
    private final Place here;

    /**
     * Where this node is.
     *
     * @param zone empty: it is not known
     */
    record Place(String node, String zone) {}

    /** One of a slice, on its way to become one of the map. */
    private record Candidate(String server, boolean isLocal, State state, EndpointHints hints) {
        boolean hasNode(Place place) {
            return nodes().stream().anyMatch(each -> place.node().equals(each.getName()));
        }

        boolean hasZone(Place place) {
            return zones().stream().anyMatch(each -> place.zone().equals(each.getName()));
        }

        List<ForNode> nodes() {
            return hints == null || hints.getForNodes() == null ? List.of() : hints.getForNodes();
        }

        List<ForZone> zones() {
            return hints == null || hints.getForZones() == null ? List.of() : hints.getForZones();
        }

        Candidate or(Candidate other) {
            return new Candidate(server, isLocal || other.isLocal, state, hints);
        }
    }

    SliceEndpoints(Place here) {
        this.here = here;
    }

    /** In the order of their addresses. */
    List<ServiceMap.Endpoint> of(
            String portName, int protocol, Family family, Collection<EndpointSlice> slices) {
        record At(long high, long low, int port) {}
        Map<At, Candidate> all =
                new TreeMap<>(
                        Comparator.comparingLong(At::high)
                                .thenComparingLong(At::low)
                                .thenComparingInt(At::port));
        for (EndpointSlice slice : slices) {
            if (!family.name().equals(slice.getAddressType())) {
                continue;
            }
            for (EndpointPort port : some(slice.getPorts())) {
                String name = port.getName() == null ? "" : port.getName();
                boolean isThis =
                        port.getPort() != null
                                && name.equals(portName)
                                && ServiceReader.protocol(port.getProtocol()) == protocol;
                for (Endpoint each : isThis ? some(slice.getEndpoints()) : List.<Endpoint>of()) {
                    long[] ip = AddressText.ip(each.getAddresses().getFirst());
                    all.merge(new At(ip[0], ip[1], port.getPort()), candidate(each), Candidate::or);
                }
            }
        }
        Predicate<Candidate> preferred = preferred(all.values());
        return all.entrySet().stream()
                .map(
                        each ->
                                new ServiceMap.Endpoint(
                                        each.getValue().server(),
                                        each.getValue().isLocal(),
                                        preferred.test(each.getValue()),
                                        each.getKey().high(),
                                        each.getKey().low(),
                                        each.getKey().port(),
                                        each.getValue().state()))
                .toList();
    }

    private Candidate candidate(Endpoint of) {
        EndpointConditions conditions =
                of.getConditions() == null ? new EndpointConditions() : of.getConditions();
        boolean isReady = !Boolean.FALSE.equals(conditions.getReady());
        boolean isServing = conditions.getServing() == null ? isReady : conditions.getServing();
        return new Candidate(
                server(of),
                here.node().equals(node(of)),
                new State(isReady, isServing, Boolean.TRUE.equals(conditions.getTerminating())),
                of.getHints());
    }

    private static Object node(Endpoint of) {
        return of.getNodeName() == null
                        && of.getAdditionalProperties().get("topology") instanceof Map<?, ?> earlier
                ? earlier.get("kubernetes.io/hostname")
                : of.getNodeName();
    }

    /** NAMESPACE/NAME of the pod; of one that is none, its address. */
    private static String server(Endpoint of) {
        return of.getTargetRef() == null || of.getTargetRef().getName() == null
                ? of.getAddresses().getFirst()
                : of.getTargetRef().getNamespace() + "/" + of.getTargetRef().getName();
    }

    /**
     * As kube-proxy has it (KEP 2433, KEP 3015): hints hold if each ready endpoint has some and one
     * is for here; those for the node before those for the zone.
     */
    private Predicate<Candidate> preferred(Collection<Candidate> all) {
        List<Candidate> ready = all.stream().filter(each -> each.state().isReady()).toList();
        if (ready.stream().noneMatch(each -> each.nodes().isEmpty())
                && ready.stream().anyMatch(each -> each.hasNode(here))) {
            return each -> each.hasNode(here);
        }
        if (ready.stream().noneMatch(each -> each.zones().isEmpty())
                && ready.stream().anyMatch(each -> each.hasZone(here))) {
            return each -> each.hasZone(here);
        }
        return each -> true;
    }

    private static <T> List<T> some(List<T> list) {
        return list == null ? List.of() : list;
    }
}
