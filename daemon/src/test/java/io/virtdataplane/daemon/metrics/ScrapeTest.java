package io.virtdataplane.daemon.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.attach.DataPath;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.network.Bridges;
import io.virtdataplane.daemon.network.NetworkObjects;
import io.virtdataplane.daemon.nic.GuestServices;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.daemon.worker.Workers;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.port.KeptDescriptors;
import io.virtdataplane.port.Pollers;
import io.virtdataplane.port.PortNames;
import io.virtdataplane.sys.Bpf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ScrapeTest {
    @TempDir private Path directory;
    private EventJournal journal;
    private Workers workers;
    private Scrape scrape;

    @BeforeEach
    void start() {
        journal = new EventJournal(directory, 1 << 20);
        workers =
                Workers.start(
                        2, new WorkerThread.Settings(Pollers.Kind.EPOLL, 64, List.of()), journal);
        Attachments attachments = new Attachments(journal);
        Bridges bridges =
                new Bridges(
                        workers,
                        attachments,
                        journal,
                        new DataPath(Bpf.Mechanism.AUTO, true, 0),
                        new PortNames("test"),
                        KeptDescriptors.none());
        NetworkObjects networks =
                new NetworkObjects(
                        bridges,
                        attachments,
                        new NodeLabels("node", Map.of()),
                        journal,
                        System::nanoTime);
        scrape =
                new Scrape(
                        new Scrape.Sources(
                                workers,
                                attachments,
                                bridges,
                                networks.dhcp(),
                                new GuestServices(Set::of),
                                () -> Map.of(Verdict.DROP_SERVICE_SOURCE, 7L),
                                journal),
                        "1.2.3",
                        10);
    }

    @AfterEach
    void stop() {
        workers.close();
        journal.close();
    }

    private String text() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrometheusTextFormatWriter.create().write(out, scrape.take());
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void everyPacketThreadIsToldWithItsPollerAndTheDaemonWithItsVersion() throws IOException {
        assertThat(text())
                .contains("virt_dataplane_worker_info{poller=\"epoll\",worker=\"0\"} 1\n")
                .contains(
                        "virt_dataplane_node_service_dropped_frames_total{reason=\"drop_service_source\"} 7")
                .contains("virt_dataplane_worker_info{poller=\"epoll\",worker=\"1\"} 1\n")
                .contains("virt_dataplane_worker_up{worker=\"1\"} 1.0\n")
                .contains("version=\"1.2.3\"} 1\n")
                .containsPattern("\nprocess_start_time_seconds 1\\.\\d+E9\n");
    }

    @Test
    void threadThatDoesNotAnswerIsDownAndTheOthersAreTold() throws IOException {
        workers.threads().get(1).close();
        assertThat(text())
                .contains("virt_dataplane_worker_up{worker=\"0\"} 1.0\n")
                .contains("virt_dataplane_worker_up{worker=\"1\"} 0.0\n")
                .contains("virt_dataplane_worker_scrape_seconds{worker=\"0\"}")
                .doesNotContain("virt_dataplane_worker_scrape_seconds{worker=\"1\"}");
    }
}
