package io.virtdataplane.daemon.node;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.port.ServicePrograms;
import io.virtdataplane.port.SteeringPins;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfPins;
import io.virtdataplane.sys.Cgroup;
import io.virtdataplane.sys.NetDevice;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
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
    private final List<String> names;
    private final Bpf.Mechanism hooks;
    private final BpfPins pins;
    private final EventJournal journal;
    private final HealthChecks healthChecks;
    private ServiceMap services = ServiceMap.EMPTY;
    private ServicePrograms programs; // null: there are none
    private List<String> devices = List.of(); // at which the programs are
    private Set<Endpoint> addresses = Set.of();
    private String obstacle = "";

    /**
     * @param devices by which clients come; none: those that have a default route
     * @param pins where programs stay while the daemon is away
     */
    public NodeServices(
            List<String> devices, Bpf.Mechanism hooks, BpfPins pins, EventJournal journal) {
        this.names = devices;
        this.hooks = hooks;
        this.pins = pins;
        this.journal = journal;
        this.healthChecks = new HealthChecks(journal);
    }

    @Override
    public synchronized void changed(ServiceMap newServices) {
        services = newServices;
        healthChecks.serve(newServices.healthChecks());
        enforce();
    }

    /** Looks for other devices and addresses; once a second. */
    public synchronized void tend() {
        if (!services.ports().isEmpty()) {
            enforce();
        }
    }

    private void enforce() {
        if (services.ports().isEmpty()) {
            remove();
            return;
        }
        try {
            List<String> now = existing(names.isEmpty() ? DefaultRoutes.devices() : names);
            if (programs == null || !now.equals(devices)) {
                reopen(now);
            }
            bring();
            report("");
        } catch (RuntimeException e) {
            report(String.valueOf(e.getMessage()));
        }
    }

    private static List<String> existing(List<String> wanted) {
        return wanted.stream().filter(name -> new NetDevice(name).exists()).sorted().toList();
    }

    private void reopen(List<String> now) {
        if (programs != null) {
            programs.close();
            programs = null;
        }
        Path cgroup = Cgroup.root().orElse(null);
        programs =
                ServicePrograms.open(
                        new ServicePrograms.Place(
                                now.stream().map(NetDevice::new).toList(), cgroup, hooks),
                        SteeringPins.open(pins));
        devices = now;
        addresses = Set.of();
        brought = null;
        String words =
                "devices=%s processes=%s programs=%s"
                        .formatted(
                                now.isEmpty() ? "none" : String.join(",", now),
                                cgroup == null ? "off, as no cgroup2 is mounted" : "on",
                                programs.isKept() ? "kept" : "new");
        LOG.info("services of the node: {}", words);
        journal.record("NodeServices", "", words);
    }

    private ServiceMap brought; // the one that the programs have

    private void bring() {
        if (services != brought) {
            programs.change(ServiceFrontEnds.of(services));
            brought = services;
            addresses = Set.of();
        }
        Set<Endpoint> balancers = addressesOf(Access.LOAD_BALANCER);
        Set<Endpoint> now = NodeAddresses.all();
        now.removeAll(balancers);
        if (!now.equals(addresses)) {
            programs.addresses(now, balancers);
            addresses = now;
        }
    }

    private Set<Endpoint> addressesOf(Access access) {
        return services.ports().stream()
                .flatMap(port -> port.frontEnds().stream())
                .filter(each -> each.access() == access)
                .map(each -> new Endpoint(each.high(), each.low(), 0))
                .collect(Collectors.toSet());
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

    /** Why Services are not reached from the node and from outside; empty: they are. */
    public synchronized String obstacle() {
        return obstacle;
    }

    private void remove() {
        if (programs == null) {
            pins.remove(); // an earlier run's
            return;
        }
        programs.remove();
        programs = null;
        LOG.info("services of the node: there are none any more");
    }

    /** The programs go on, for the next run. */
    @Override
    public synchronized void close() {
        healthChecks.close();
        if (programs != null) {
            programs.close();
            programs = null;
        }
    }
}
