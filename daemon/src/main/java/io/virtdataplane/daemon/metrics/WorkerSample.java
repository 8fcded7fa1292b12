package io.virtdataplane.daemon.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.dataplane.Worker;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One packet thread and all that it carries: it is asked once. */
final class WorkerSample {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerSample.class);
    private static final double SECOND_NS = 1e9;
    private final WorkerThread of;
    private final List<NicSample> nics = new ArrayList<>();
    private final List<BridgeSample> bridges = new ArrayList<>();
    private long tookNs;
    private boolean answered;

    WorkerSample(WorkerThread of) {
        this.of = of;
    }

    void add(NicSample nic) {
        nics.add(nic);
    }

    void add(BridgeSample bridge) {
        bridges.add(bridge);
    }

    /** A thread that does not answer costs its own values, and no others. */
    void take(ServiceSample services) {
        try {
            of.tell(on -> fill(on, services));
            answered = true;
        } catch (RuntimeException e) {
            LOG.warn("no metrics of a worker: worker={} reason={}", of.number(), e.getMessage());
        }
    }

    private void fill(Worker on, ServiceSample services) {
        long fromNs = System.nanoTime();
        for (int i = 0; i < nics.size(); i++) {
            nics.get(i).fill(on, fromNs);
        }
        for (int i = 0; i < bridges.size(); i++) {
            bridges.get(i).fill(fromNs);
        }
        services.fill(of);
        tookNs = System.nanoTime() - fromNs;
    }

    void tell(Families to) {
        Labels labels = Labels.of("worker", Integer.toString(of.number()));
        to.info(Metric.WORKER, labels.add("poller", of.pollerKind()));
        to.add(Metric.WORKER_UP, labels, answered ? 1 : 0);
        long cpuNs = of.cpuNs();
        if (cpuNs >= 0) {
            to.add(Metric.WORKER_CPU, labels, cpuNs / SECOND_NS);
        }
        if (answered) {
            to.add(Metric.WORKER_QUESTION, labels, tookNs / SECOND_NS);
            nics.forEach(nic -> nic.tell(to));
            bridges.forEach(bridge -> bridge.tell(to));
        }
    }
}
