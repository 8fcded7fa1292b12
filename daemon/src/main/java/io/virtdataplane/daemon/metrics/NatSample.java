package io.virtdataplane.daemon.metrics;

import io.prometheus.metrics.model.snapshots.Labels;
import io.virtdataplane.daemon.nic.MasqueradeNic;
import io.virtdataplane.dhcp.DhcpAnswers;
import io.virtdataplane.dhcp.Lease;
import io.virtdataplane.dhcp.Responders;

/** What only a masquerade NIC has: sessions, and DHCP servers for its guest. */
final class NatSample {
    private final MasqueradeNic of;
    private final DhcpAnswers answers = new DhcpAnswers();
    private int sessions;
    private int waiting;
    private boolean leased;
    private boolean leased6;

    NatSample(MasqueradeNic of) {
        this.of = of;
    }

    /** Worker's thread. */
    void fill(long nowNs) {
        Responders responders = of.responders();
        sessions = of.nat().sessionCount();
        waiting = of.nat().waitingFragments();
        responders.answers().copyTo(answers);
        Lease lease = responders.lease(nowNs);
        leased = lease.mac() != 0 && lease.ageSeconds() <= lease.seconds();
        leased6 =
                responders.lease6Holder() != 0
                        && responders.lease6Age(nowNs) <= responders.lease6Seconds();
    }

    void tell(Families to, Labels labels) {
        to.add(Metric.SESSIONS, labels, sessions);
        to.add(Metric.SESSION_LIMIT, labels, of.spec().policy().limits().sessions());
        to.add(Metric.WAITING_FRAGMENTS, labels, waiting);
        if (of.ipv4Addresses().isOn()) {
            to.add(Metric.LEASE, labels.add("family", "ipv4"), leased ? 1 : 0);
            tell4(to, Metric.DHCP_ANSWERS, labels, answers);
        }
        if (of.ipv6Addresses().isOn()) {
            to.add(Metric.LEASE, labels.add("family", "ipv6"), leased6 ? 1 : 0);
            to.add(Metric.DHCP_ANSWERS, labels.add("answer", "advertise6"), answers.advertisements);
            to.add(Metric.DHCP_ANSWERS, labels.add("answer", "reply6"), answers.replies);
        }
    }

    /** Of DHCPv4. */
    static void tell4(Families to, Metric metric, Labels labels, DhcpAnswers answers) {
        to.add(metric, labels.add("answer", "offer"), answers.offers);
        to.add(metric, labels.add("answer", "ack"), answers.acknowledgements);
        to.add(metric, labels.add("answer", "nak"), answers.refusals);
    }
}
