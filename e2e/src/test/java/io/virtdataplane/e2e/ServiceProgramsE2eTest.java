package io.virtdataplane.e2e;

import static io.virtdataplane.e2e.ServiceProgramsLab.ASK_TCP;
import static io.virtdataplane.e2e.ServiceProgramsLab.ASK_UDP;
import static io.virtdataplane.e2e.ServiceProgramsLab.BALANCER;
import static io.virtdataplane.e2e.ServiceProgramsLab.CLIENT;
import static io.virtdataplane.e2e.ServiceProgramsLab.CLIENT6;
import static io.virtdataplane.e2e.ServiceProgramsLab.NODE;
import static io.virtdataplane.e2e.ServiceProgramsLab.NODE6;
import static io.virtdataplane.e2e.ServiceProgramsLab.VIP;
import static io.virtdataplane.e2e.ServiceProgramsLab.VIP6;
import static io.virtdataplane.e2e.ServiceProgramsLab.at;
import static io.virtdataplane.e2e.ServiceProgramsLab.front;
import static io.virtdataplane.e2e.ServiceProgramsLab.pod;
import static io.virtdataplane.e2e.ServiceProgramsLab.pod6;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.dataplane.FrontEnd.Range;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Protocols;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** How the node's programs lead to Services, in both families. */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(90)
class ServiceProgramsE2eTest {
    private ServiceProgramsLab lab;

    @BeforeEach
    void cable() throws IOException {
        lab = new ServiceProgramsLab();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void theClientsAddressIsKeptByNodePortAndBalancer() {
        Endpoint nodePort = FrontEnd.ofNode(false, 30000);
        lab.programs.change(
                List.of(
                        front(1, nodePort, Protocols.TCP, pod(0)),
                        front(2, nodePort, Protocols.UDP, pod(0)),
                        front(3, at(BALANCER, 80), Protocols.TCP, pod(1)),
                        front(4, FrontEnd.ofNode(true, 30006), Protocols.TCP, pod6(0)),
                        front(5, FrontEnd.ofNode(true, 30006), Protocols.UDP, pod6(0))));
        assertThat(lab.ask(lab.client, ASK_TCP, NODE, 30000))
                .isEqualTo("pod0 " + CLIENT + " " + NODE);
        assertThat(lab.ask(lab.client, ASK_UDP, NODE, 30000))
                .isEqualTo("pod0 " + CLIENT + " " + NODE);
        assertThat(lab.ask(lab.client, ASK_TCP, BALANCER, 80))
                .isEqualTo("pod1 " + CLIENT + " " + BALANCER);
        assertThat(lab.ask(lab.client, ASK_TCP, NODE6, 30006))
                .isEqualTo("pod0 " + CLIENT6 + " " + NODE6);
        assertThat(lab.ask(lab.client, ASK_UDP, NODE6, 30006))
                .isEqualTo("pod0 " + CLIENT6 + " " + NODE6);
    }

    @Test
    void theNodesProcessesAreLed() {
        lab.programs.change(
                List.of(
                        front(1, at(VIP, 80), Protocols.TCP, pod(0)),
                        front(2, at(VIP, 80), Protocols.UDP, pod(0)),
                        front(3, at(VIP6, 80), Protocols.TCP, pod6(1)),
                        front(4, at(VIP6, 80), Protocols.UDP, pod6(1)),
                        front(5, FrontEnd.ofNode(false, 30000), Protocols.TCP, pod(1)),
                        front(6, at(VIP, 81), Protocols.TCP)));
        assertThat(lab.ask(lab.node, ASK_TCP, VIP, 80)).isEqualTo("pod0 10.244.1.1 " + VIP);
        assertThat(lab.ask(lab.node, ASK_UDP, VIP, 80)).isEqualTo("pod0 10.244.1.1 " + VIP);
        assertThat(lab.ask(lab.node, ASK_TCP, VIP6, 80)).isEqualTo("pod1 fd00:10:244::1 " + VIP6);
        assertThat(lab.ask(lab.node, ASK_UDP, VIP6, 80)).isEqualTo("pod1 fd00:10:244::1 " + VIP6);
        assertThat(lab.ask(lab.node, ASK_TCP, "::ffff:" + VIP, 80))
                .startsWith("pod0 ")
                .endsWith(VIP);
        assertThat(lab.ask(lab.node, ASK_TCP, NODE, 30000)).isEqualTo("pod1 10.244.1.1 " + NODE);
        assertThat(lab.ask(lab.node, ASK_TCP, "127.0.0.1", 30000)).startsWith("pod1 ");
        assertThat(lab.ask(lab.node, ASK_TCP, VIP, 81)).isEqualTo("ConnectionRefusedError");
        assertThat(lab.ask(lab.node, ASK_TCP, VIP, 82))
                .as("no port")
                .isEqualTo("ConnectionRefusedError");
        assertThat(lab.ask(lab.client, ASK_TCP, VIP, 80))
                .as("another namespace")
                .doesNotContain("pod");
    }

    @Test
    void withoutEndpointRefusedUnderLocalNotAnsweredAndOtherSourcesNeither() {
        Endpoint nodePort = FrontEnd.ofNode(false, 30000);
        lab.programs.change(
                List.of(
                        front(1, nodePort, Protocols.TCP),
                        front(5, at(BALANCER, 82), Protocols.TCP),
                        new FrontEnd(
                                FrontEnd.ofNode(false, 30001),
                                Protocols.TCP,
                                2,
                                0,
                                true,
                                FrontEnd.ANYBODY,
                                true,
                                List.of(),
                                List.of(),
                                ""),
                        ranged(3, 80, at("192.0.2.8", 0), 96 + 29),
                        ranged(4, 81, at("192.0.2.16", 0), 96 + 29)));
        assertThat(lab.ask(lab.client, ASK_TCP, NODE, 30000)).isEqualTo("ConnectionRefusedError");
        assertThat(lab.ask(lab.client, ASK_TCP, NODE, 30001)).isEqualTo("TimeoutError");
        assertThat(lab.ask(lab.client, ASK_TCP, BALANCER, 82)).isEqualTo("ConnectionRefusedError");
        assertThat(lab.ask(lab.client, ASK_TCP, BALANCER, 80)).startsWith("pod0");
        assertThat(lab.ask(lab.client, ASK_TCP, BALANCER, 81)).isEqualTo("TimeoutError");
        assertThat(lab.ask(lab.client, ASK_TCP, BALANCER, 83)).isEqualTo("TimeoutError");
        for (Verdict why :
                List.of(
                        Verdict.DROP_SERVICE_NO_ENDPOINT,
                        Verdict.DROP_SERVICE_NOT_LOCAL,
                        Verdict.DROP_SERVICE_SOURCE,
                        Verdict.DROP_SERVICE_PORT)) {
            assertThat(lab.programs.dropped().get(why)).as(why.label()).isPositive();
        }
    }

    private static FrontEnd ranged(int id, int port, Endpoint from, int prefixLength) {
        Range range = new Range(from.high(), from.low(), prefixLength);
        return new FrontEnd(
                at(BALANCER, port),
                Protocols.TCP,
                id,
                0,
                false,
                List.of(range),
                true,
                List.of(pod(0)),
                List.of(pod(0)),
                "");
    }

    @Test
    void sessionsAreSpreadAndWithAffinityTheyAreNot() {
        lab.programs.change(
                List.of(
                        front(1, FrontEnd.ofNode(false, 30000), Protocols.TCP, pod(0), pod(1)),
                        new FrontEnd(
                                FrontEnd.ofNode(false, 30001),
                                Protocols.TCP,
                                2,
                                10_000_000_000L,
                                false,
                                FrontEnd.ANYBODY,
                                true,
                                List.of(pod(0), pod(1)),
                                List.of(pod(0), pod(1)),
                                "")));
        Set<String> spread = new HashSet<>();
        Set<String> kept = new HashSet<>();
        for (int i = 0; i < 12; i++) {
            spread.add(lab.ask(lab.client, ASK_TCP, NODE, 30000));
            kept.add(lab.ask(lab.client, ASK_TCP, NODE, 30001));
        }
        assertThat(spread).hasSize(2);
        assertThat(kept).hasSize(1);
    }

    /** A host behind whose address are many uses a port again before long. */
    @Test
    void theSamePortAgainIsANewConnection() {
        Endpoint nodePort = FrontEnd.ofNode(false, 30000);
        String fromPort =
                """
                import socket, struct, sys
                s = socket.socket()
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                s.settimeout(3)
                s.bind(('', 5001))
                s.connect((sys.argv[1], int(sys.argv[2])))
                print(s.recv(100).decode(), end='')
                """;
        lab.programs.change(List.of(front(1, nodePort, Protocols.TCP, pod(0))));
        assertThat(lab.ask(lab.client, fromPort, NODE, 30000)).startsWith("pod0");
        lab.programs.change(
                List.of(
                        front(1, nodePort, Protocols.TCP, pod(1)),
                        front(1, at(BALANCER, 80), Protocols.TCP, pod(1))));
        assertThat(lab.ask(lab.client, fromPort, NODE, 30000)).startsWith("pod1");
        assertThat(lab.ask(lab.client, fromPort, BALANCER, 80))
                .as("by another address")
                .startsWith("pod1");
        assertThat(lab.ask(lab.client, fromPort, "10.244.1.6", 8080))
                .as("the pod")
                .startsWith("pod1");
    }

    @Test
    void whereNoDaemonComesBackNothingIsLedAnyMore() {
        lab.programs.change(List.of(front(1, at(VIP, 80), Protocols.TCP, pod(0))));
        assertThat(lab.ask(lab.node, ASK_TCP, VIP, 80)).startsWith("pod0");
        lab.programs.close();
        lab.programs = lab.open(1);
        lab.programs.change(List.of(front(1, at(VIP, 80), Protocols.TCP, pod(0))));
        assertThat(lab.ask(lab.node, ASK_TCP, VIP, 80)).doesNotContain("pod");
    }

    @Test
    void oneUdpSocketGoesToAnotherEndpointWhenItsOwnIsGone() {
        Endpoint nodePort = FrontEnd.ofNode(false, 30000);
        lab.programs.change(List.of(front(1, nodePort, Protocols.UDP, pod(0))));
        String twice =
                """
                import socket, sys
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.settimeout(3)
                s.bind(('', 5000))
                s.sendto(b'x', (sys.argv[1], int(sys.argv[2])))
                print(s.recv(100).decode(), end='')
                """;
        assertThat(lab.ask(lab.client, twice, NODE, 30000)).startsWith("pod0");
        lab.programs.change(List.of(front(1, nodePort, Protocols.UDP, pod(1))));
        assertThat(lab.ask(lab.client, twice, NODE, 30000)).startsWith("pod1");
        lab.programs.change(List.of());
        assertThat(lab.ask(lab.client, ASK_UDP, NODE, 30000)).doesNotContain("pod");
    }
}
