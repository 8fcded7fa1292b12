package io.virtdataplane.daemon.metrics;

/**
 * Every metric that the daemon has, by the rules of Prometheus and OpenMetrics for names: base
 * units, and counters end in {@code _total}.
 */
enum Metric {
    BUILD(Type.INFO, "virt_dataplane_build", "The running daemon."),
    START_TIME(
            Type.GAUGE,
            "process_start_time_seconds",
            "When the daemon was started, in seconds since 1970."),
    NIC(Type.INFO, "virt_dataplane_nic", "A guest's NIC, or an uplink of a bridge."),
    RECEIVED_FRAMES(
            Type.COUNTER,
            "virt_dataplane_nic_receive_frames",
            "Frames that came from that side. A GSO frame counts once."),
    RECEIVED_BYTES(
            Type.COUNTER,
            "virt_dataplane_nic_receive_bytes",
            "Bytes that came from that side, from the Ethernet header on."),
    SENT_FRAMES(
            Type.COUNTER, "virt_dataplane_nic_transmit_frames", "Frames that went to that side."),
    SENT_BYTES(Type.COUNTER, "virt_dataplane_nic_transmit_bytes", "Bytes that went to that side."),
    DROPPED_FRAMES(
            Type.COUNTER,
            "virt_dataplane_nic_dropped_frames",
            "Received frames that were dropped, by reason. Reasons that have not occurred are absent."),
    ENDED_FRAMES(
            Type.COUNTER,
            "virt_dataplane_nic_ended_frames",
            "Received frames that were not dropped, by what became of them."),
    GSO_FRAMES(
            Type.COUNTER,
            "virt_dataplane_nic_gso_frames",
            "Received frames that stand for several (segmentation offload)."),
    CARRIED_FRAMES(
            Type.COUNTER,
            "virt_dataplane_nic_carried_frames",
            "Frames that the kernel has carried by the fast path. They are in the other counters, too."),
    ORIGINATED_FRAMES(
            Type.COUNTER,
            "virt_dataplane_nic_originated_frames",
            "Frames of the daemon's own: announcements, queries and fragments."),
    LOST_FRAMES(
            Type.COUNTER,
            "virt_dataplane_nic_lost_frames",
            "Frames of the daemon's own and copies of a bridge that a device had no room for."),
    SESSIONS(Type.GAUGE, "virt_dataplane_nic_sessions", "NAT sessions that are open."),
    SESSION_LIMIT(Type.GAUGE, "virt_dataplane_nic_session_limit", "NAT sessions at most."),
    WAITING_FRAGMENTS(
            Type.GAUGE,
            "virt_dataplane_nic_waiting_fragments",
            "Fragments that wait for the first one of their datagram."),
    LEASE(
            Type.GAUGE,
            "virt_dataplane_nic_lease",
            "1 where the guest holds its DHCP lease of that family."),
    DHCP_ANSWERS(
            Type.COUNTER,
            "virt_dataplane_nic_dhcp_answers",
            "Messages that the NIC's DHCP servers have sent."),
    SERVICES(Type.GAUGE, "virt_dataplane_services", "Services that guests reach by their own NAT."),
    SERVICE_SESSIONS(
            Type.COUNTER,
            "virt_dataplane_service_sessions",
            "Sessions that guests have opened to a Service."),
    SERVICE_REFUSED(
            Type.COUNTER,
            "virt_dataplane_service_refused_frames",
            "Frames of guests to a Service that has no endpoint for them."),
    NODE_SERVICE_DROPPED(
            Type.COUNTER,
            "virt_dataplane_node_service_dropped_frames",
            "Frames of clients outside to Services of this node that were dropped or refused, by reason."),
    BRIDGE(Type.INFO, "virt_dataplane_bridge", "A bridge."),
    BRIDGE_PORTS(Type.GAUGE, "virt_dataplane_bridge_ports", "Open ports, uplinks among them."),
    BRIDGE_STATIONS(Type.GAUGE, "virt_dataplane_bridge_stations", "Stations that it knows."),
    BRIDGE_VLAN_FRAMES(
            Type.COUNTER,
            "virt_dataplane_bridge_vlan_frames",
            "Frames that came in by VLAN; 0 where the bridge filters none."),
    BRIDGE_VLAN_BYTES(
            Type.COUNTER, "virt_dataplane_bridge_vlan_bytes", "Bytes that came in by VLAN."),
    BRIDGE_LEASES(
            Type.GAUGE,
            "virt_dataplane_bridge_leases",
            "Leases in force of the DHCP server of a bridge network."),
    BRIDGE_DHCP_ANSWERS(
            Type.COUNTER,
            "virt_dataplane_bridge_dhcp_answers",
            "Messages that the DHCP server of a bridge network has sent."),
    WORKER(Type.INFO, "virt_dataplane_worker", "A packet thread."),
    WORKER_UP(Type.GAUGE, "virt_dataplane_worker_up", "0 where the packet thread does not answer."),
    WORKER_CPU(
            Type.COUNTER,
            "virt_dataplane_worker_cpu_seconds",
            "Processor time of the packet thread: its rate is its busy share."),
    WORKER_QUESTION(
            Type.GAUGE,
            "virt_dataplane_worker_scrape_seconds",
            "How long this scrape kept the packet thread from its frames."),
    EVENTS(Type.COUNTER, "virt_dataplane_journal_events", "Events that were written."),
    EVENTS_LOST(
            Type.COUNTER,
            "virt_dataplane_journal_lost_events",
            "Events that were not written, by reason."),
    LEFT_OUT(
            Type.GAUGE,
            "virt_dataplane_metrics_left_out",
            "What this scrape does not tell one by one, as there is more than the limit.");

    enum Type {
        /** Told as {@code _total}. */
        COUNTER,
        GAUGE,
        /** Told as {@code _info}, always 1: its labels matter. */
        INFO
    }

    final Type type;
    final String base;
    final String help;

    Metric(Type type, String base, String help) {
        this.type = type;
        this.base = base;
        this.help = help;
    }

    /** As queries name it. */
    String sample() {
        return switch (type) {
            case COUNTER -> base + "_total";
            case GAUGE -> base;
            case INFO -> base + "_info";
        };
    }
}
