package io.virtdataplane.daemon.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import io.virtdataplane.daemon.attach.AttachedNic;
import io.virtdataplane.daemon.attach.Attachment;
import io.virtdataplane.daemon.network.BridgedNic;
import io.virtdataplane.daemon.network.OpenPort;
import io.virtdataplane.daemon.nic.MasqueradeNic;
import io.virtdataplane.dataplane.Counters;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.dataplane.Worker;

/**
 * One NIC, or one uplink of a bridge. Made by the scrape's thread with all memory that it needs,
 * then filled on the packet thread, which so allocates next to nothing.
 */
final class NicSample {
    private final Attachment of;
    private final Counters counters = new Counters();
    private final NatSample nat; // null: a port of a bridge
    private boolean present;

    NicSample(Attachment of) {
        of.lookAtQueues();
        this.of = of;
        this.nat = of instanceof MasqueradeNic masquerade ? new NatSample(masquerade) : null;
    }

    /** Worker's thread. A NIC that was detached meanwhile is left out: its tables are gone. */
    void fill(Worker on, long nowNs) {
        present = on.has(of.vif());
        if (!present) {
            return;
        }
        of.vif().counters().copyTo(counters);
        if (nat != null) {
            nat.fill(nowNs);
        }
    }

    void tell(Families to) {
        if (!present) {
            return;
        }
        Labels labels = labels();
        to.info(Metric.NIC, labels.merge(details()));
        if (nat == null) {
            tellGuestSide(to, labels.add("side", isUplink() ? "uplink" : "guest"));
        } else {
            tellGuestSide(to, labels.add("side", "guest"));
            tellUplinkSide(to, labels.add("side", "uplink"));
            nat.tell(to, labels);
        }
        to.add(Metric.GSO_FRAMES, labels, counters.gsoFrames);
        if (nat != null) {
            to.add(Metric.CARRIED_FRAMES, labels, counters.carriedFrames);
        }
        to.add(Metric.ORIGINATED_FRAMES, labels, counters.originated);
        to.add(Metric.LOST_FRAMES, labels, counters.lost);
        tellVerdicts(to, labels);
    }

    private boolean isUplink() {
        return !(of instanceof AttachedNic);
    }

    /** Labels without a value are as good as absent. */
    private Labels labels() {
        String name = of.name();
        String namespace = "";
        String machine = "";
        if (of instanceof AttachedNic nic) {
            namespace = nic.namespace();
            machine = nic.machine();
        }
        return Labels.of(
                "nic",
                name,
                "namespace",
                namespace,
                "machine",
                machine,
                "interface",
                name.substring(name.indexOf('/') + 1),
                "bridge",
                port() == null ? "" : port().bridge().name());
    }

    private Labels details() {
        OpenPort port = port();
        String netns = port == null ? ((MasqueradeNic) of).spec().netns() : port.spec().netns();
        return Labels.of(
                "kind",
                port == null ? "masquerade" : isUplink() ? "uplink" : "bridge",
                "netns",
                netns,
                "network",
                port == null ? "" : port.spec().network(),
                "worker",
                Integer.toString(of.worker().number()));
    }

    /** Null: it is on no bridge. */
    private OpenPort port() {
        return switch (of) {
            case OpenPort port -> port;
            case BridgedNic bridged -> bridged.port();
            default -> null;
        };
    }

    private void tellGuestSide(Families to, Labels labels) {
        to.add(Metric.RECEIVED_FRAMES, labels, counters.guestFrames);
        to.add(Metric.RECEIVED_BYTES, labels, counters.guestBytes);
        to.add(Metric.SENT_FRAMES, labels, counters.toGuestFrames);
        to.add(Metric.SENT_BYTES, labels, counters.toGuestBytes);
    }

    private void tellUplinkSide(Families to, Labels labels) {
        to.add(Metric.RECEIVED_FRAMES, labels, counters.uplinkFrames);
        to.add(Metric.RECEIVED_BYTES, labels, counters.uplinkBytes);
        to.add(Metric.SENT_FRAMES, labels, counters.toUplinkFrames);
        to.add(Metric.SENT_BYTES, labels, counters.toUplinkBytes);
    }

    private void tellVerdicts(Families to, Labels labels) {
        for (Verdict verdict : Verdict.values()) {
            long frames = counters.frames(verdict);
            // A held fragment's verdict is taken back when it goes on; a counter may not sink. The
            // first fault is to be seen as an increase, so its counter is there before.
            boolean isTold = frames > 0 && verdict != Verdict.HELD;
            if (isTold || verdict == Verdict.DROP_FAULT) {
                if (verdict.isDrop()) {
                    to.add(Metric.DROPPED_FRAMES, labels.add("reason", verdict.label()), frames);
                } else {
                    to.add(Metric.ENDED_FRAMES, labels.add("verdict", verdict.label()), frames);
                }
            }
        }
    }
}
