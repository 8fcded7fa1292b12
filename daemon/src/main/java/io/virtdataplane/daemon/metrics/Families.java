package io.virtdataplane.daemon.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Values by metric, as a scrape finds them one after the other. */
final class Families {
    private record Point(Labels labels, double value) {}

    private final Map<Metric, List<Point>> pointsByMetric = new EnumMap<>(Metric.class);

    void add(Metric metric, Labels labels, double value) {
        pointsByMetric
                .computeIfAbsent(metric, any -> new ArrayList<>())
                .add(new Point(labels, value));
    }

    void info(Metric metric, Labels labels) {
        add(metric, labels, 1);
    }

    /** Metrics without a value are absent. */
    MetricSnapshots snapshots() {
        List<MetricSnapshot> all = new ArrayList<>();
        pointsByMetric.forEach((metric, points) -> all.add(snapshot(metric, points)));
        return new MetricSnapshots(all);
    }

    private static MetricSnapshot snapshot(Metric metric, List<Point> points) {
        MetricMetadata metadata = new MetricMetadata(metric.base, metric.help);
        return switch (metric.type) {
            case COUNTER ->
                    new CounterSnapshot(
                            metadata,
                            points.stream()
                                    .map(
                                            each ->
                                                    new CounterDataPointSnapshot(
                                                            each.value(), each.labels(), null, 0))
                                    .toList());
            case GAUGE ->
                    new GaugeSnapshot(
                            metadata,
                            points.stream()
                                    .map(
                                            each ->
                                                    new GaugeDataPointSnapshot(
                                                            each.value(), each.labels(), null))
                                    .toList());
            case INFO ->
                    new InfoSnapshot(
                            metadata,
                            points.stream()
                                    .map(each -> new InfoDataPointSnapshot(each.labels()))
                                    .toList());
        };
    }
}
