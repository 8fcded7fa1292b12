package io.virtdataplane.daemon.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import io.virtdataplane.daemon.nic.GuestServices;
import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.daemon.worker.WorkerThread;
import java.util.List;

/**
 * The Services that guests reach, and what they had of each. Only those that guests have asked for
 * are told, so that a cluster's thousands cost no series.
 */
final class ServiceSample {
    private final GuestServices of;
    private final ServiceMap services;
    private final long[] sessions;
    private final long[] refused;

    ServiceSample(GuestServices of) {
        this.of = of;
        this.services = of.services();
        int size = services.ports().stream().mapToInt(ServicePort::number).max().orElse(-1) + 1;
        this.sessions = new long[size];
        this.refused = new long[size];
    }

    /** Worker's thread; one after the other. */
    void fill(WorkerThread worker) {
        of.addCounts(worker, sessions, refused);
    }

    /** Returns how many were left out. */
    int tell(Families to, int most) {
        to.add(
                Metric.SERVICES,
                Labels.EMPTY,
                services.ports().stream().map(ServicePort::service).distinct().count());
        List<ServicePort> asked =
                services.ports().stream()
                        .filter(each -> sessions[each.number()] + refused[each.number()] > 0)
                        .toList();
        asked.stream().limit(most).forEach(each -> tell(to, each));
        return Math.max(0, asked.size() - most);
    }

    private void tell(Families to, ServicePort port) {
        int slash = port.service().indexOf('/');
        Labels labels =
                Labels.of(
                        "namespace",
                        port.service().substring(0, slash),
                        "service",
                        port.service().substring(slash + 1),
                        "port",
                        port.name().isEmpty()
                                ? Integer.toString(port.accessPoints().getFirst().port())
                                : port.name(),
                        "family",
                        port.isIpv6() ? "ipv6" : "ipv4");
        to.add(Metric.SERVICE_SESSIONS, labels, sessions[port.number()]);
        to.add(Metric.SERVICE_REFUSED, labels, refused[port.number()]);
    }
}
