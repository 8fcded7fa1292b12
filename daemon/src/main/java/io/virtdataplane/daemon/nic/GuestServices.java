package io.virtdataplane.daemon.nic;

import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.daemon.service.ServiceMap.AccessPoint;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.nat.ServiceCounts;
import io.virtdataplane.nat.ServiceTable;
import io.virtdataplane.wire.Ip;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the node's Services to its guests: each masquerade NIC has the newest table of them.
 *
 * <p>Under the internal policy Local a guest gets endpoints of this node alone. What it sends to an
 * address for the outside goes to any endpoint, whatever the external policy, as kube-proxy has it
 * for pods.
 */
public final class GuestServices implements ServiceMap.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(GuestServices.class);
    private final Set<MasqueradeNic> nics = ConcurrentHashMap.newKeySet();
    private final Map<WorkerThread, ServiceCounts> counts = new ConcurrentHashMap<>();
    private final Supplier<Set<Endpoint>> nodeAddresses;
    private Set<Endpoint> addresses = Set.of(); // of the node, that the table has
    private volatile ServiceMap services = ServiceMap.EMPTY;
    private ServiceTable table; // null until somebody has said which Services there are

    /**
     * @param nodeAddresses without ports, at any of which a guest finds node ports
     */
    public GuestServices(Supplier<Set<Endpoint>> nodeAddresses) {
        this.nodeAddresses = nodeAddresses;
    }

    /** Looks for other addresses of the node: every 3 s. */
    public synchronized void tend() {
        if (table != null && hasNodePorts(services) && !nodeAddresses.get().equals(addresses)) {
            changed(services);
        }
    }

    private static boolean hasNodePorts(ServiceMap services) {
        return services.ports().stream()
                .flatMap(port -> port.accessPoints().stream())
                .anyMatch(each -> each.access() == Access.NODE_PORT);
    }

    @Override
    public synchronized void changed(ServiceMap newServices) {
        ServiceTable before = table == null ? ServiceTable.EMPTY : table;
        int[] anew = anew(services, newServices);
        addresses = hasNodePorts(newServices) ? nodeAddresses.get() : Set.of();
        table = table(newServices, addresses);
        services = newServices;
        counts.forEach((worker, ofWorker) -> begin(worker, ofWorker, anew));
        boolean hasNew = table.hasNew(before);
        nics.forEach(nic -> bring(nic, hasNew));
    }

    /** Numbers that are another port's than before. */
    private static int[] anew(ServiceMap before, ServiceMap now) {
        Map<Integer, String> names = new HashMap<>();
        before.ports().forEach(each -> names.put(each.number(), each.fullName()));
        return now.ports().stream()
                .filter(each -> !each.fullName().equals(names.get(each.number())))
                .mapToInt(ServicePort::number)
                .toArray();
    }

    private void begin(WorkerThread worker, ServiceCounts ofWorker, int[] anew) {
        int size = services.ports().stream().mapToInt(ServicePort::number).max().orElse(-1) + 1;
        try {
            worker.tell(on -> ofWorker.begin(size, anew));
        } catch (RuntimeException e) {
            LOG.error("services not counted: worker={}", worker.number(), e);
        }
    }

    /**
     * One that does not take it keeps what it has, and the others do not wait for it. A guest in a
     * mesh has them, too: its TCP goes to the proxy before, with the Service's own address.
     */
    private void bring(MasqueradeNic nic, boolean hasNew) {
        ServiceCounts ofWorker =
                counts.computeIfAbsent(
                        nic.worker(),
                        worker -> {
                            ServiceCounts made = new ServiceCounts();
                            begin(worker, made, new int[0]);
                            return made;
                        });
        try {
            nic.services(table, ofWorker, hasNew);
        } catch (RuntimeException e) {
            LOG.error("services not brought to a NIC: nic={}", nic.name(), e);
        }
    }

    /** The NIC has them from now on. */
    synchronized void add(MasqueradeNic nic) {
        nics.add(nic);
        if (table != null) {
            bring(nic, true);
        }
    }

    /** That guests reach. */
    public ServiceMap services() {
        return services;
    }

    /**
     * What guests of that thread had, by the number of a Service's port: sessions that they opened,
     * and frames that were refused. Called on that thread.
     */
    public void addCounts(WorkerThread worker, long[] sessions, long[] refused) {
        ServiceCounts ofWorker = counts.get(worker);
        if (ofWorker != null) {
            ofWorker.addTo(sessions, refused);
        }
    }

    void removeEnded() {
        nics.removeIf(MasqueradeNic::isOver);
    }

    private static ServiceTable table(ServiceMap services, Set<Endpoint> ofNode) {
        return ServiceTable.of(
                services.ports().stream().flatMap(port -> frontEnds(port, ofNode)).toList());
    }

    static Stream<FrontEnd> frontEnds(ServicePort port, Set<Endpoint> ofNode) {
        return port.accessPoints().stream()
                .flatMap(each -> places(each, port.isIpv6(), ofNode))
                .map(each -> frontEnd(port, each));
    }

    /** A node port is one at each of the node's addresses. */
    private static Stream<AccessPoint> places(
            AccessPoint of, boolean isIpv6, Set<Endpoint> ofNode) {
        return of.access() == Access.NODE_PORT
                ? ofNode.stream()
                        .filter(each -> Ip.isMapped(each.high(), each.low()) != isIpv6)
                        .map(
                                each ->
                                        new AccessPoint(
                                                Access.EXTERNAL_IP,
                                                each.high(),
                                                each.low(),
                                                of.port()))
                : Stream.of(of);
    }

    private static FrontEnd frontEnd(ServicePort port, AccessPoint at) {
        boolean isLocal = at.access() == Access.CLUSTER_IP && port.policy().isInternalLocal();
        return port.frontEnd(at, port.number(), isLocal);
    }
}
