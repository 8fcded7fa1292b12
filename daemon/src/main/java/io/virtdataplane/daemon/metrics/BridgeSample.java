package io.virtdataplane.daemon.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import io.virtdataplane.bridge.VlanCounters;
import io.virtdataplane.bridge.VlanSet;
import io.virtdataplane.daemon.network.DhcpServices;
import io.virtdataplane.daemon.network.OpenBridge;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.dhcp.DhcpAnswers;
import java.util.List;

/** One bridge with its VLANs and DHCP servers; see {@link NicSample} for who does what. */
final class BridgeSample {
    private static final int MOST_VLANS = 64;
    private final OpenBridge of;
    private final int ports;
    private final int[] vlans = new int[MOST_VLANS];
    private final long[] frames = new long[MOST_VLANS];
    private final long[] bytes = new long[MOST_VLANS];
    private final List<ServerSample> servers;
    private int vlanCount;
    private int vlansLeftOut;
    private int stations;

    private static final class ServerSample {
        private final DhcpServices.Server of;
        private final DhcpAnswers answers = new DhcpAnswers();
        private int leases;

        private ServerSample(DhcpServices.Server of) {
            this.of = of;
        }
    }

    /** Under the lock of the bridges. */
    BridgeSample(OpenBridge of, List<DhcpServices.Server> servers) {
        this.of = of;
        this.ports = of.ports().size();
        this.servers =
                servers.stream()
                        .filter(server -> server.bridge().equals(of.name()))
                        .limit(MOST_VLANS)
                        .map(ServerSample::new)
                        .toList();
    }

    WorkerThread worker() {
        return of.worker();
    }

    /** Worker's thread. */
    void fill(long nowNs) {
        stations = of.bridge().stations();
        VlanCounters from = of.bridge().vlanCounters();
        for (int vlan = 0; vlan <= VlanSet.LAST; vlan++) {
            if (from.frames(vlan) > 0) {
                fill(from, vlan);
            }
        }
        for (int i = 0; i < servers.size(); i++) {
            ServerSample server = servers.get(i);
            server.of.responders().answers().copyTo(server.answers);
            server.leases = server.of.responders().leases(nowNs);
        }
    }

    private void fill(VlanCounters from, int vlan) {
        if (vlanCount == MOST_VLANS) {
            vlansLeftOut++;
            return;
        }
        vlans[vlanCount] = vlan;
        frames[vlanCount] = from.frames(vlan);
        bytes[vlanCount++] = from.bytes(vlan);
    }

    int vlansLeftOut() {
        return vlansLeftOut;
    }

    void tell(Families to) {
        Labels labels = Labels.of("bridge", of.name());
        to.info(Metric.BRIDGE, labels.add("worker", Integer.toString(of.worker().number())));
        to.add(Metric.BRIDGE_PORTS, labels, ports);
        to.add(Metric.BRIDGE_STATIONS, labels, stations);
        for (int i = 0; i < vlanCount; i++) {
            Labels ofVlan = labels.add("vlan", Integer.toString(vlans[i]));
            to.add(Metric.BRIDGE_VLAN_FRAMES, ofVlan, frames[i]);
            to.add(Metric.BRIDGE_VLAN_BYTES, ofVlan, bytes[i]);
        }
        for (ServerSample server : servers) {
            Labels ofVlan = labels.add("vlan", Integer.toString(server.of.vlan()));
            to.add(Metric.BRIDGE_LEASES, ofVlan, server.leases);
            NatSample.tell4(to, Metric.BRIDGE_DHCP_ANSWERS, ofVlan, server.answers);
        }
    }
}
