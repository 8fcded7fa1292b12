package io.virtdataplane.daemon.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.virtdataplane.daemon.attach.Attachment;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.network.Bridges;
import io.virtdataplane.daemon.network.DhcpServices;
import io.virtdataplane.daemon.network.OpenBridge;
import io.virtdataplane.daemon.network.OpenPort;
import io.virtdataplane.daemon.nic.GuestServices;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.daemon.worker.Workers;
import io.virtdataplane.dataplane.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Takes all values of one moment: lists what there is, and asks each packet thread once. */
public final class Scrape {
    private static final int MOST_BRIDGES = 64;
    private static final double SECOND_MS = 1e3;
    private final Sources sources;
    private final Labels build;
    private final int mostNics;
    private final long startedMs =
            ProcessHandle.current().info().startInstant().orElseThrow().toEpochMilli();

    /** Who knows what. */
    public record Sources(
            Workers workers,
            Attachments attachments,
            Bridges bridges,
            DhcpServices dhcp,
            GuestServices services,
            Supplier<Map<Verdict, Long>> nodeServiceDrops,
            EventJournal journal) {}

    /**
     * @param mostNics NICs and uplinks that are told one by one
     */
    public Scrape(Sources sources, String version, int mostNics) {
        this.sources = sources;
        this.mostNics = mostNics;
        this.build =
                Labels.of(
                        "version",
                        version,
                        "java",
                        Runtime.version().toString(),
                        "kernel",
                        System.getProperty("os.version"));
    }

    MetricSnapshots take() {
        Families to = new Families();
        to.info(Metric.BUILD, build);
        to.add(Metric.START_TIME, Labels.EMPTY, startedMs / SECOND_MS);
        Map<WorkerThread, WorkerSample> samples = new LinkedHashMap<>();
        sources.workers().threads().forEach(each -> samples.put(each, new WorkerSample(each)));
        List<Attachment> uplinks = new ArrayList<>();
        List<BridgeSample> bridges = bridges(uplinks);
        int left = leaveOut(to, "bridges", bridges.size(), MOST_BRIDGES);
        bridges.stream().limit(left).forEach(each -> samples.get(each.worker()).add(each));
        List<Attachment> nics = new ArrayList<>(sources.attachments().nics());
        nics.addAll(uplinks);
        left = leaveOut(to, "nics", nics.size(), mostNics);
        nics.stream()
                .limit(left)
                .forEach(each -> samples.get(each.worker()).add(new NicSample(each)));
        ServiceSample services = new ServiceSample(sources.services());
        samples.values().forEach(each -> each.take(services));
        samples.values().forEach(each -> each.tell(to));
        left(to, "vlans", bridges.stream().mapToInt(BridgeSample::vlansLeftOut).sum());
        left(to, "services", services.tell(to, mostNics));
        sources.nodeServiceDrops()
                .get()
                .forEach(
                        (why, frames) ->
                                to.add(
                                        Metric.NODE_SERVICE_DROPPED,
                                        Labels.of("reason", why.label()),
                                        frames));
        journal(to);
        return to.snapshots();
    }

    private List<BridgeSample> bridges(List<Attachment> uplinks) {
        List<DhcpServices.Server> servers = sources.dhcp().servers();
        return sources.bridges()
                .lookAll(
                        "",
                        open -> {
                            uplinks.addAll(uplinks(open));
                            return new BridgeSample(open, servers);
                        });
    }

    private static List<OpenPort> uplinks(OpenBridge open) {
        return open.ports().stream().filter(port -> port.spec().isUplink()).toList();
    }

    /** How many of them are told. */
    private static int leaveOut(Families to, String what, int count, int most) {
        left(to, what, Math.max(0, count - most));
        return Math.min(count, most);
    }

    private static void left(Families to, String what, int count) {
        to.add(Metric.LEFT_OUT, Labels.of("what", what), count);
    }

    private void journal(Families to) {
        EventJournal.Counts counts = sources.journal().counts();
        to.add(Metric.EVENTS, Labels.EMPTY, counts.written());
        to.add(Metric.EVENTS_LOST, Labels.of("reason", "rate_limit"), counts.limited());
        to.add(Metric.EVENTS_LOST, Labels.of("reason", "queue_full"), counts.overflowed());
        to.add(Metric.EVENTS_LOST, Labels.of("reason", "not_written"), counts.failed());
    }
}
