package io.virtdataplane.nat;

import static io.virtdataplane.nat.Packets.flow;
import static io.virtdataplane.nat.Packets.tcp;
import static io.virtdataplane.nat.Packets.udp;
import static io.virtdataplane.nat.ServicesTest.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.dataplane.Trace;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Protocols;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Why a session has its endpoint, what a trace says of it, and what is counted. */
class ServiceChoiceTest {
    private static final String VIP = "10.96.0.10";
    private static final Endpoint ONE = at("10.244.9.1", 53);
    private static final Endpoint TWO = at("10.244.9.2", 53);
    private final Bench bench = new Bench(OpenPorts.listed().add(Protocols.TCP, 22));

    private void serve(List<Endpoint> chosen, List<Endpoint> serving, long affinityNs) {
        bench.serviceCounts.begin(8, new int[0]);
        bench.services(
                ServiceTable.of(
                        List.of(
                                front(Protocols.UDP, chosen, serving, affinityNs),
                                front(Protocols.TCP, chosen, serving, affinityNs))));
    }

    private static FrontEnd front(
            int protocol, List<Endpoint> chosen, List<Endpoint> serving, long affinityNs) {
        return new FrontEnd(
                at(VIP, 53),
                protocol,
                7,
                affinityNs,
                false,
                FrontEnd.ANYBODY,
                true,
                chosen,
                serving,
                "kube-system/dns:dns (ready ones)");
    }

    private String sent(int port) {
        return flow(bench.fromGuest(udp(Bench.GUEST, port, VIP, 53)).getFirst());
    }

    @Test
    void udpStaysWithAServerThatEndsAndNothingNewGoesThere() {
        serve(List.of(ONE), List.of(ONE), 0);
        assertThat(sent(40000)).endsWith("10.244.9.1:53");
        serve(List.of(TWO), List.of(ONE, TWO), 0);
        assertThat(sent(40000)).endsWith("10.244.9.1:53");
        for (int port = 40001; port < 40020; port++) {
            assertThat(sent(port)).endsWith("10.244.9.2:53");
        }
        serve(List.of(TWO), List.of(TWO), 0);
        assertThat(sent(40000)).endsWith("10.244.9.2:53");
    }

    /** kubernetes 139628, 141371: a sender that never stops keeps no dead endpoint alive. */
    @Test
    void withoutEndpointsOrWithoutTheServiceUdpGoesToNoOldEndpoint() {
        serve(List.of(ONE), List.of(ONE), 0);
        sent(40000);
        serve(List.of(), List.of(), 0);
        assertThat(bench.fromGuest(udp(Bench.GUEST, 40000, VIP, 53))).isEmpty();
        assertThat(bench.count(Verdict.DROP_SERVICE_NO_ENDPOINT)).isOne();
        serve(List.of(TWO), List.of(TWO), 0); // 48370: from none to one
        assertThat(sent(40000)).endsWith("10.244.9.2:53");
        bench.services(ServiceTable.EMPTY);
        assertThat(sent(40000)).as("as the guest says").endsWith(VIP + ":53");
    }

    @Test
    void aTraceNamesTheServiceTheEndpointAndWhy() {
        serve(List.of(ONE), List.of(ONE), TimeUnit.HOURS.toNanos(3));
        String to = "to Service kube-system/dns:dns (ready ones): endpoint 10.244.9.1:53";
        assertThat(explain(true, udp(Bench.GUEST, 40000, VIP, 53)).describe())
                .contains(to + ", 1 of 1, drawn");
        sent(40000);
        assertThat(explain(true, udp(Bench.GUEST, 40000, VIP, 53)).describe())
                .contains(to + ", which the session has");
        assertThat(explain(true, udp(Bench.GUEST, 40001, VIP, 53)).describe())
                .contains(to + ", 1 of 1, which the guest had last (sessionAffinity)");
        assertThat(explain(false, udp("10.244.9.1", 53, Bench.POD, 40000)).describe())
                .contains(
                        "from an endpoint of Service kube-system/dns:dns (ready ones): source becomes the Service's address");
        serve(List.of(), List.of(), 0);
        Trace refused = explain(true, tcp(Bench.GUEST, 40002, VIP, 53, "S"));
        assertThat(refused.verdict()).isEqualTo(Verdict.DROP_SERVICE_NO_ENDPOINT);
        assertThat(refused.describe()).contains("Service kube-system/dns:dns (ready ones)");
    }

    private Trace explain(boolean fromGuest, byte[] frame) {
        return bench.worker.explain(bench.nic, fromGuest, frame);
    }

    @Test
    void sessionsAndRefusalsAreCountedByServiceAndDryRunsAreNot() {
        serve(List.of(ONE), List.of(ONE), 0);
        sent(40000);
        sent(40000);
        sent(40001);
        explain(true, udp(Bench.GUEST, 40002, VIP, 53));
        serve(List.of(), List.of(), 0);
        bench.fromGuest(tcp(Bench.GUEST, 40003, VIP, 53, "S"));
        explain(true, tcp(Bench.GUEST, 40003, VIP, 53, "S"));
        assertThat(counts()).containsExactly(2, 1);
        bench.serviceCounts.begin(8, new int[] {7});
        assertThat(counts()).as("the number is another Service's").containsExactly(0, 0);
    }

    private long[] counts() {
        long[] sessions = new long[8];
        long[] refused = new long[8];
        bench.serviceCounts.addTo(sessions, refused);
        return new long[] {sessions[7], refused[7]};
    }
}
