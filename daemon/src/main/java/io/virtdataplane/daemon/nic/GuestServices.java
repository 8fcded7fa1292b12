package io.virtdataplane.daemon.nic;

import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.daemon.service.ServiceMap.Endpoint;
import io.virtdataplane.daemon.service.ServiceMap.Policy;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.nat.ServiceTable;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Brings the node's Services to its guests: each masquerade NIC has the newest table of them, from
 * before its first frame on.
 *
 * <p>Which endpoints may be chosen is kube-proxy's rule (KEP 1669, KEP 2086): those that are ready;
 * where none is, those that still serve and are about to go; of this node alone under the internal
 * policy Local. What a guest sends to an address for the outside goes to any endpoint, whatever the
 * external policy.
 */
public final class GuestServices implements ServiceMap.Listener {
    private final Set<MasqueradeNic> nics = ConcurrentHashMap.newKeySet();
    private ServiceTable table; // null until somebody has said which Services there are

    @Override
    public synchronized void changed(ServiceMap services) {
        table = table(services);
        nics.forEach(nic -> nic.services(table));
    }

    /** The NIC has them from now on. */
    synchronized void add(MasqueradeNic nic) {
        nics.add(nic);
        if (table != null) {
            nic.services(table);
        }
    }

    void removeEnded() {
        nics.removeIf(MasqueradeNic::isOver);
    }

    static ServiceTable table(ServiceMap services) {
        return ServiceTable.of(
                services.ports().stream().flatMap(GuestServices::frontEnds).toList());
    }

    static Stream<FrontEnd> frontEnds(ServicePort port) {
        return port.frontEnds().stream()
                .filter(each -> each.access() != Access.NODE_PORT)
                .map(each -> frontEnd(port, each));
    }

    private static FrontEnd frontEnd(ServicePort port, ServiceMap.FrontEnd at) {
        Policy policy = port.policy();
        boolean isLocal = at.access() == Access.CLUSTER_IP && policy.isInternalLocal();
        return new FrontEnd(
                new FrontEnd.Endpoint(at.high(), at.low(), at.port()),
                port.protocol(),
                port.number(),
                TimeUnit.SECONDS.toNanos(policy.affinitySeconds()),
                isLocal,
                at.access() == Access.LOAD_BALANCER ? sources(policy) : FrontEnd.ANYBODY,
                choice(port.endpoints(), isLocal));
    }

    private static List<FrontEnd.Range> sources(Policy policy) {
        return policy.sourceRanges()
                .map(
                        ranges ->
                                ranges.stream()
                                        .map(
                                                each ->
                                                        new FrontEnd.Range(
                                                                each.high(),
                                                                each.low(),
                                                                each.prefixLength()))
                                        .toList())
                .orElse(FrontEnd.ANYBODY);
    }

    private static List<FrontEnd.Endpoint> choice(List<Endpoint> endpoints, boolean isLocal) {
        List<Endpoint> near =
                endpoints.stream().filter(each -> !isLocal || each.isLocal()).toList();
        List<FrontEnd.Endpoint> ready = those(near, Endpoint::isReady);
        return ready.isEmpty()
                ? those(near, each -> each.isServing() && each.isTerminating())
                : ready;
    }

    private static List<FrontEnd.Endpoint> those(
            List<Endpoint> endpoints, Predicate<Endpoint> which) {
        return endpoints.stream()
                .filter(which)
                .map(each -> new FrontEnd.Endpoint(each.high(), each.low(), each.port()))
                .toList();
    }
}
