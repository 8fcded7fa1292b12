package io.virtdataplane.daemon.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.model.snapshots.Labels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FamiliesTest {
    private static String text(Families families) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        OpenMetricsTextFormatWriter.create().write(out, families.snapshots());
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void namesAndTypesAreThoseOfOpenMetrics() throws IOException {
        Families families = new Families();
        families.add(Metric.SENT_FRAMES, Labels.of("nic", "vm/a"), 3);
        families.add(Metric.SESSIONS, Labels.of("nic", "vm/a"), 2);
        families.info(Metric.WORKER, Labels.of("worker", "0"));
        assertThat(text(families))
                .contains("# TYPE virt_dataplane_nic_transmit_frames counter\n")
                .contains("\nvirt_dataplane_nic_transmit_frames_total{nic=\"vm/a\"} 3.0\n")
                .contains("# TYPE virt_dataplane_nic_sessions gauge\n")
                .contains("\nvirt_dataplane_nic_sessions{nic=\"vm/a\"} 2.0\n")
                .contains("# TYPE virt_dataplane_worker info\n")
                .contains("\nvirt_dataplane_worker_info{worker=\"0\"} 1\n")
                .endsWith("# EOF\n");
    }

    @Test
    void labelsAreEscaped() throws IOException {
        Families families = new Families();
        families.info(Metric.NIC, Labels.of("netns", "/run/a\"b\\c\nd"));
        assertThat(text(families)).contains("{netns=\"/run/a\\\"b\\\\c\\nd\"} 1\n");
    }

    @Test
    void metricWithoutAValueIsAbsent() throws IOException {
        assertThat(text(new Families())).isEqualTo("# EOF\n");
    }
}
