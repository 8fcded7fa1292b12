package io.virtdataplane.daemon.node;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.port.ProgramPins;
import io.virtdataplane.port.ServicePrograms;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfPins;
import io.virtdataplane.sys.Cgroup;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.wire.Ip;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads the node's own processes, and clients who come to the node from outside, to Services: by
 * node ports, balancers' addresses and cluster addresses. The kernel does it ({@link
 * ServicePrograms}); here is decided by which devices, at which addresses, to which endpoints.
 * Where there is no Service there are no programs.
 */
public final class NodeServices implements ServiceMap.Listener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeServices.class);
    private static final long SHORTEST_ABSENCE_NS = 10_000_000_000L; // some rounds of tend
    private final List<String> names;
    private final Bpf.Mechanism hooks;
    private final BpfPins pins;
    private final EventJournal journal;
    private final HealthChecks healthChecks;
    private final long absenceNs;
    private final SolicitedGroups groups = new SolicitedGroups();
    private final Object counters = new Object(); // of the programs: held while read, or ended
    private ServiceMap services = ServiceMap.EMPTY;
    private volatile ServicePrograms programs; // null: there are none
    private List<Device> devices = List.of(); // at which the programs are
    private ServiceMap brought; // the one that the programs have
    private Set<Endpoint> addresses = Set.of(); // of the node, that they have
    private volatile String obstacle = "";
    private boolean isClosed;

    private record Device(String name, int index, long mac) {
        static Device of(String name) {
            NetDevice device = new NetDevice(name);
            return new Device(name, device.index(), device.mac());
        }
    }

    /**
     * @param devices by which clients come; none: those that have a default route
     * @param pins where programs stay while the daemon is away
     * @param absenceNs for how long
     */
    public NodeServices(
            List<String> devices,
            Bpf.Mechanism hooks,
            BpfPins pins,
            long absenceNs,
            EventJournal journal) {
        this.absenceNs = Math.max(absenceNs, SHORTEST_ABSENCE_NS);
        this.names = devices;
        this.hooks = hooks;
        this.pins = pins;
        this.journal = journal;
        this.healthChecks = new HealthChecks(journal, () -> obstacle.isEmpty());
    }

    @Override
    public synchronized void changed(ServiceMap newServices) {
        if (!isClosed) {
            services = newServices;
            enforce();
            healthChecks.serve(newServices.healthChecks());
        }
    }

    /** Looks for other devices and addresses, and says that the daemon is there: every 3 s. */
    public synchronized void tend() {
        if (!isClosed && !services.ports().isEmpty()) {
            enforce();
            healthChecks.serve(services.healthChecks());
        }
    }

    /** Frames of clients outside that were dropped or refused, by why; empty: no programs. */
    public Map<Verdict, Long> dropped() {
        synchronized (counters) { // not this: a scrape does not wait until programs are loaded
            return programs == null ? Map.of() : programs.dropped();
        }
    }

    private void enforce() {
        if (services.ports().isEmpty()) {
            remove();
            return;
        }
        try {
            List<Device> now = existing(names.isEmpty() ? DefaultRoutes.devices() : names);
            boolean areOthers = !now.equals(devices) && !now.isEmpty(); // a route may come back
            if (programs == null || areOthers) {
                reopen(now);
            }
            programs.beat();
            bring();
            report("");
        } catch (RuntimeException e) {
            report(String.valueOf(e.getMessage()));
        }
    }

    private static List<Device> existing(List<String> wanted) {
        return wanted.stream()
                .filter(name -> new NetDevice(name).exists())
                .sorted()
                .map(Device::of)
                .toList();
    }

    private void reopen(List<Device> now) {
        end(ServicePrograms::close);
        Path cgroup = Cgroup.root().orElse(null);
        programs =
                ServicePrograms.open(
                        new ServicePrograms.Place(
                                now.stream().map(each -> new NetDevice(each.name())).toList(),
                                cgroup,
                                hooks,
                                absenceNs),
                        ProgramPins.open(pins));
        devices = now;
        addresses = Set.of();
        brought = null;
        String words =
                "devices=%s processes=%s programs=%s"
                        .formatted(
                                now.isEmpty()
                                        ? "none"
                                        : now.stream()
                                                .map(Device::name)
                                                .collect(Collectors.joining(",")),
                                cgroup == null ? "off, as no cgroup2 is mounted" : "on",
                                programs.isKept() ? "kept" : "new");
        LOG.info("services of the node: {}", words);
        journal.record("NodeServices", "", words);
        if (!programs.setAside().isEmpty()) {
            LOG.warn("set aside, opened anew: services reason={}", programs.setAside());
            journal.record("SetAside", "", "services: " + programs.setAside());
        }
    }

    private void bring() {
        if (services != brought) {
            programs.change(ServiceFrontEnds.of(services));
            brought = services;
            addresses = Set.of();
        }
        Set<Endpoint> now = NodeAddresses.all();
        if (!now.equals(addresses)) {
            Map<Endpoint, Boolean> ofServices = addressesOfServices();
            ofServices.keySet().removeAll(now);
            programs.addresses(now, ofServices);
            addresses = now;
            groups.join(
                    ofServices.keySet().stream()
                            .filter(each -> ofServices.get(each))
                            .filter(each -> !Ip.isMapped(each.high(), each.low()))
                            .toList(),
                    devices.stream().map(Device::name).toList());
        }
    }

    /** That nobody else has; true: balancers', which somebody must answer for on the link. */
    private Map<Endpoint, Boolean> addressesOfServices() {
        Map<Endpoint, Boolean> all = new HashMap<>();
        for (ServiceMap.ServicePort port : services.ports()) {
            for (ServiceMap.AccessPoint each : port.accessPoints()) {
                if (each.access() == Access.CLUSTER_IP || each.access() == Access.LOAD_BALANCER) {
                    all.put(
                            new Endpoint(each.high(), each.low(), 0),
                            each.access() == Access.LOAD_BALANCER);
                }
            }
        }
        return all;
    }

    private void report(String reason) {
        if (!reason.equals(obstacle)) {
            obstacle = reason;
            if (!reason.isEmpty()) {
                LOG.error("services not reached from the node and outside: reason={}", reason);
                journal.record("NodeServicesFailed", "", reason);
            }
        }
    }

    private void remove() {
        groups.close();
        if (programs == null) {
            pins.remove(); // an earlier run's
            return;
        }
        end(ServicePrograms::remove);
        LOG.info("services of the node: there are none any more");
    }

    /** The programs go on, for the next run. */
    @Override
    public synchronized void close() {
        isClosed = true;
        healthChecks.close();
        groups.close();
        end(ServicePrograms::close);
    }

    private void end(Consumer<ServicePrograms> how) {
        synchronized (counters) {
            if (programs != null) {
                how.accept(programs);
                programs = null;
            }
        }
    }
}
