package io.virtdataplane.daemon.controller;

import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.virtdataplane.daemon.mac.MacRange;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.List;

/** The controller in numbers. */
final class ControllerMetrics {
    private static final String COLLISIONS_HELP = "Guests that run with this MAC address.";

    private ControllerMetrics() {}

    /**
     * @param leases MAC addresses that are held
     */
    static MetricSnapshots of(Collisions collisions, int leases, MacRange range, boolean isLeader) {
        List<GaugeDataPointSnapshot> guests = new ArrayList<>();
        collisions
                .all()
                .forEach(
                        (mac, machines) ->
                                guests.add(
                                        new GaugeDataPointSnapshot(
                                                machines.size(),
                                                Labels.of("mac", AddressText.mac(mac)),
                                                null)));
        return new MetricSnapshots(
                new GaugeSnapshot(
                        new MetricMetadata("virt_dataplane_mac_collisions", COLLISIONS_HELP),
                        guests),
                new GaugeSnapshot(
                        new MetricMetadata(
                                "kmp_mac_collisions", COLLISIONS_HELP + " KubeMacPool's name."),
                        guests),
                gauge("virt_dataplane_mac_leases", "MAC addresses that are held.", leases),
                gauge(
                        "virt_dataplane_mac_range_addresses",
                        "MAC addresses of the pool's range.",
                        range.size()),
                gauge(
                        "virt_dataplane_controller_leader",
                        "1 where this controller leads.",
                        isLeader ? 1 : 0));
    }

    private static GaugeSnapshot gauge(String name, String help, double value) {
        return new GaugeSnapshot(
                new MetricMetadata(name, help),
                List.of(new GaugeDataPointSnapshot(value, Labels.EMPTY, null)));
    }
}
