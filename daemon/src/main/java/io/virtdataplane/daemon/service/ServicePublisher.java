package io.virtdataplane.daemon.service;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.service.Endpoints.Found;
import io.virtdataplane.daemon.service.Endpoints.Missing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the {@link ServiceMap} anew whenever Services or machines change, and hands it on. Whoever
 * says that something has changed comes back when a map that has it was handed on; of many at once
 * one does the work.
 */
public final class ServicePublisher {
    private static final Logger LOG = LoggerFactory.getLogger(ServicePublisher.class);
    private final Supplier<List<Backend>> machines;
    private final EventJournal journal;
    private final List<ServiceMap.Listener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicLong changes = new AtomicLong();
    private final PortNumbers numbers = new PortNumbers();
    private Supplier<List<StandingService>> services = List::of;
    private long done; // of the changes
    private Set<String> closed = Set.of(); // targets that were told not to be open
    private volatile ServiceMap latest = ServiceMap.EMPTY;

    /**
     * @param machines all that have a NIC here, sorted by name
     */
    public ServicePublisher(Supplier<List<Backend>> machines, EventJournal journal) {
        this.machines = machines;
        this.journal = journal;
    }

    /** Where Services come from. */
    synchronized void of(Supplier<List<StandingService>> source) {
        services = source;
    }

    /** It gets the map as it is, and from now on each new one. */
    public synchronized void follow(ServiceMap.Listener listener) {
        listeners.add(listener);
        tell(listener);
    }

    public ServiceMap latest() {
        return latest;
    }

    /** Services, or machines, are not what they were. */
    public void changed() {
        long mine = changes.incrementAndGet();
        synchronized (this) {
            if (done >= mine) {
                return; // somebody has seen it meanwhile
            }
            done = changes.get();
            ServiceMap next;
            try {
                next = new MapMaker(latest.version() + 1).make();
            } catch (RuntimeException e) { // a machine is attached all the same
                LOG.error(
                        "services not brought up to date, version={} goes on", latest.version(), e);
                return;
            }
            if (!next.ports().equals(latest.ports())
                    || !next.healthChecks().equals(latest.healthChecks())) {
                latest = next;
                listeners.forEach(this::tell);
            }
        }
    }

    private void tell(ServiceMap.Listener listener) {
        try {
            listener.changed(latest);
        } catch (RuntimeException e) { // the others are told all the same
            LOG.error("services not handed on: version={}", latest.version(), e);
        }
    }

    /** Of one map. */
    private final class MapMaker {
        private final long version;
        private final List<ServiceMap.ServicePort> ports = new ArrayList<>();
        private final List<ServiceMap.HealthCheck> healthChecks = new ArrayList<>();
        private final Set<String> closedNow = new HashSet<>();

        MapMaker(long version) {
            this.version = version;
        }

        ServiceMap make() {
            Selection machinesByLabel = new Selection(machines.get());
            for (StandingService service : services.get()) {
                add(service, machinesByLabel.of(service.spec()));
            }
            numbers.end();
            closed = closedNow;
            ports.sort((a, z) -> Integer.compare(a.number(), z.number()));
            healthChecks.sort((a, z) -> Integer.compare(a.nodePort(), z.nodePort()));
            return new ServiceMap(version, ports, healthChecks);
        }

        private void add(StandingService service, List<Backend> selected) {
            Set<String> ready = new HashSet<>();
            for (StandingService.PortAndFamily each : service.ports()) {
                Found found = Endpoints.of(each.port(), each.family(), selected);
                found.missing().stream()
                        .filter(Missing::isClosed)
                        .forEach(missing -> tellClosed(service, missing));
                found.endpoints().stream()
                        .filter(endpoint -> endpoint.state().isReady())
                        .forEach(endpoint -> ready.add(endpoint.server()));
                List<ServiceMap.AccessPoint> accessPoints = service.accessPoints(each);
                if (!accessPoints.isEmpty()) {
                    ports.add(
                            numbers.numbered(
                                    new ServiceMap.ServicePort(
                                            0,
                                            service.spec().name(),
                                            each.port().name(),
                                            each.port().protocol(),
                                            each.isIpv6(),
                                            accessPoints,
                                            found.endpoints(),
                                            service.policy(each.family()))));
                }
            }
            int healthCheck = service.has().healthCheckNodePort();
            if (healthCheck != 0) {
                healthChecks.add(
                        new ServiceMap.HealthCheck(
                                healthCheck, service.spec().name(), ready.size()));
            }
        }

        private void tellClosed(StandingService service, Missing missing) {
            String target = missing.port().protocolName() + "/" + missing.port().targetPort();
            String words = "machine=" + missing.machine() + " targetPort=" + target;
            if (closedNow.add(service.spec().name() + " " + words)
                    && !closed.contains(service.spec().name() + " " + words)) {
                journal.record(
                        "TargetPortNotOpen",
                        service.spec().name(),
                        words + ": targetPort " + missing.why());
            }
        }
    }
}
