package io.virtdataplane.daemon.nic;

import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.nat.ServiceTable;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
    private ServiceTable table; // null until somebody has said which Services there are

    @Override
    public synchronized void changed(ServiceMap services) {
        ServiceTable before = table == null ? ServiceTable.EMPTY : table;
        table = table(services);
        boolean hasNew = table.hasNew(before);
        nics.forEach(nic -> bring(nic, hasNew));
    }

    /** One that does not take it keeps what it has, and the others do not wait for it. */
    private void bring(MasqueradeNic nic, boolean hasNew) {
        try {
            nic.services(table, hasNew);
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
        boolean isLocal = at.access() == Access.CLUSTER_IP && port.policy().isInternalLocal();
        return port.frontEnd(at, port.number(), isLocal);
    }
}
