package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.dataplane.FrontEnd.Range;
import io.virtdataplane.port.ServicePrograms;
import io.virtdataplane.port.SteeringPins;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.Cgroup;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Protocols;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A node with two pods and a client outside, each a network namespace: how the node's programs lead
 * to Services, without guests. A server tells who has asked it, and by which pod it answers.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(90)
class ServiceProgramsE2eTest {
    private static final String CLIENT = "192.0.2.9";
    private static final String CLIENT6 = "2001:db8:2::9";
    private static final String NODE = "192.0.2.1";
    private static final String NODE6 = "2001:db8:2::1";
    private static final String VIP = "10.96.0.10";
    private static final String VIP6 = "fd00:96::a";
    private static final String BALANCER = "192.0.2.80";
    private static final String SERVER =
            """
            import socket, threading
            def tcp(family, name):
                s = socket.socket(family)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                s.bind(('', 8080)); s.listen()
                while True:
                    c, peer = s.accept()
                    c.sendall((name + ' ' + peer[0]).encode()); c.close()
            def udp(family, name):
                s = socket.socket(family, socket.SOCK_DGRAM)
                if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                s.bind(('', 8080))
                while True:
                    d, peer = s.recvfrom(100)
                    s.sendto((name + ' ' + peer[0]).encode(), peer)
            for f in socket.AF_INET, socket.AF_INET6:
                for t in tcp, udp: threading.Thread(target=t, args=(f, '%s')).start()
            """;
    private static final String ASK_TCP =
            """
            import socket, sys
            try:
                s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)
                print(s.recv(100).decode(), s.getpeername()[0], end='')
            except OSError as e: print(type(e).__name__, end='')
            """;
    private static final String ASK_UDP =
            """
            import socket, sys
            s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(3)
            try:
                s.sendto(b'x', (sys.argv[1], int(sys.argv[2])))
                d, peer = s.recvfrom(100)
                print(d.decode(), peer[0], end='')
            except OSError as e: print(type(e).__name__, end='')
            """;

    private Shell shell;
    private String node;
    private String client;
    private final String[] pods = new String[2];
    private ServicePrograms programs;

    @BeforeEach
    void cable() throws Exception {
        shell = new Shell(Files.createTempDirectory("virt-dataplane-e2e-"));
        String tag = "vdpt" + ProcessHandle.current().pid() % 100_000 + "svc";
        node = tag + "-node";
        client = tag + "-client";
        pods[0] = tag + "-pod0";
        pods[1] = tag + "-pod1";
        for (String name : List.of(node, client, pods[0], pods[1])) {
            shell.must("ip", "netns", "add", name);
            shell.must("ip", "-n", name, "link", "set", "lo", "up");
        }
        shell.sh(
                """
                ip link add eth0 netns %1$s type veth peer name eth0 netns %2$s
                ip -n %1$s addr add 192.0.2.1/24 dev eth0
                ip -n %2$s addr add 192.0.2.9/24 dev eth0
                ip -n %1$s addr add 2001:db8:2::1/64 dev eth0 nodad
                ip -n %2$s addr add 2001:db8:2::9/64 dev eth0 nodad
                ip -n %1$s link set eth0 up
                ip -n %2$s link set eth0 up
                ip -n %1$s route add default via 192.0.2.9
                ip -n %2$s route add 10.244.1.0/24 via 192.0.2.1
                ip -n %1$s route add default via 2001:db8:2::9
                ip netns exec %1$s sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
                """
                        .formatted(node, client));
        for (int i = 0; i < pods.length; i++) {
            shell.sh(
                    """
                    ip link add veth%2$d netns %1$s type veth peer name eth0 netns %3$s
                    ip -n %3$s addr add 10.244.1.%4$d/24 dev eth0
                    ip -n %3$s addr add fd00:10:244::%4$d/64 dev eth0 nodad
                    ip -n %3$s link set eth0 up
                    ip -n %1$s link set veth%2$d up
                    ip -n %1$s addr add 10.244.1.1/32 dev veth%2$d
                    ip -n %1$s addr add fd00:10:244::1/128 dev veth%2$d nodad
                    ip -n %1$s route add 10.244.1.%4$d dev veth%2$d
                    ip -n %1$s route add fd00:10:244::%4$d dev veth%2$d
                    ip -n %3$s route add default via 10.244.1.1
                    ip -n %3$s route add default via fd00:10:244::1
                    """
                            .formatted(node, i, pods[i], 5 + i));
            shell.start(
                    shell.directory().resolve("server" + i),
                    "ip",
                    "netns",
                    "exec",
                    pods[i],
                    "python3",
                    "-c",
                    SERVER.formatted("pod" + i));
            String pod = pods[i];
            Wait.until("the pod's servers", 10, () -> servers(pod), count -> count == 4);
        }
        programs = open();
        programs.addresses(
                List.of(at(NODE, 0), at(NODE6, 0), at("127.0.0.1", 0), at("::1", 0)),
                Map.of(at(BALANCER, 0), true, at(VIP, 0), false, at(VIP6, 0), false));
    }

    private long servers(String pod) {
        return shell.run("ip", "netns", "exec", pod, "ss", "-Hlnut", "sport = 8080")
                .out()
                .lines()
                .count();
    }

    private ServicePrograms open() {
        return open(30_000_000_000L);
    }

    private ServicePrograms open(long absenceNs) {
        Path cgroup = Cgroup.root().orElseThrow();
        try (Netns netns = Netns.open(node)) {
            return netns.call(
                    () ->
                            ServicePrograms.open(
                                    new ServicePrograms.Place(
                                            List.of(new NetDevice("eth0")),
                                            cgroup,
                                            Bpf.Mechanism.AUTO,
                                            absenceNs),
                                    SteeringPins.none()));
        }
    }

    @AfterEach
    void close() {
        if (programs != null) {
            programs.close();
        }
        shell.close();
        for (String name : List.of(node, client, pods[0], pods[1])) {
            shell.run("ip", "netns", "del", name);
        }
    }

    private static Endpoint at(String address, int port) {
        if (address.contains(":")) {
            long[] halves = AddressText.ipv6(address);
            return new Endpoint(halves[0], halves[1], port);
        }
        return new Endpoint(0, Ip.mapped(AddressText.ipv4(address)), port);
    }

    private static FrontEnd front(int id, Endpoint at, int protocol, Endpoint... endpoints) {
        return new FrontEnd(at, protocol, id, 0, false, FrontEnd.ANYBODY, true, List.of(endpoints));
    }

    private static Endpoint pod(int number) {
        return at("10.244.1." + (5 + number), 8080);
    }

    private static Endpoint pod6(int number) {
        return at("fd00:10:244::" + (5 + number), 8080);
    }

    private String ask(String from, String script, String address, int port) {
        return shell.run("ip", "netns", "exec", from, "python3", "-c", script, address, "" + port)
                .out();
    }

    @Test
    void theClientsAddressIsKeptByNodePortAndBalancer() {
        Endpoint nodePort = FrontEnd.ofNode(false, 30000);
        programs.change(
                List.of(
                        front(1, nodePort, Protocols.TCP, pod(0)),
                        front(2, nodePort, Protocols.UDP, pod(0)),
                        front(3, at(BALANCER, 80), Protocols.TCP, pod(1)),
                        front(4, FrontEnd.ofNode(true, 30006), Protocols.TCP, pod6(0)),
                        front(5, FrontEnd.ofNode(true, 30006), Protocols.UDP, pod6(0))));
        assertThat(ask(client, ASK_TCP, NODE, 30000)).isEqualTo("pod0 " + CLIENT + " " + NODE);
        assertThat(ask(client, ASK_UDP, NODE, 30000)).isEqualTo("pod0 " + CLIENT + " " + NODE);
        assertThat(ask(client, ASK_TCP, BALANCER, 80)).isEqualTo("pod1 " + CLIENT + " " + BALANCER);
        assertThat(ask(client, ASK_TCP, NODE6, 30006)).isEqualTo("pod0 " + CLIENT6 + " " + NODE6);
        assertThat(ask(client, ASK_UDP, NODE6, 30006)).isEqualTo("pod0 " + CLIENT6 + " " + NODE6);
    }

    @Test
    void theNodesProcessesAreLed() {
        programs.change(
                List.of(
                        front(1, at(VIP, 80), Protocols.TCP, pod(0)),
                        front(2, at(VIP, 80), Protocols.UDP, pod(0)),
                        front(3, at(VIP6, 80), Protocols.TCP, pod6(1)),
                        front(4, at(VIP6, 80), Protocols.UDP, pod6(1)),
                        front(5, FrontEnd.ofNode(false, 30000), Protocols.TCP, pod(1)),
                        front(6, at(VIP, 81), Protocols.TCP)));
        assertThat(ask(node, ASK_TCP, VIP, 80)).isEqualTo("pod0 10.244.1.1 " + VIP);
        assertThat(ask(node, ASK_UDP, VIP, 80)).isEqualTo("pod0 10.244.1.1 " + VIP);
        assertThat(ask(node, ASK_TCP, VIP6, 80)).isEqualTo("pod1 fd00:10:244::1 " + VIP6);
        assertThat(ask(node, ASK_UDP, VIP6, 80)).isEqualTo("pod1 fd00:10:244::1 " + VIP6);
        assertThat(ask(node, ASK_TCP, "::ffff:" + VIP, 80)).startsWith("pod0 ").endsWith(VIP);
        assertThat(ask(node, ASK_TCP, NODE, 30000)).isEqualTo("pod1 10.244.1.1 " + NODE);
        assertThat(ask(node, ASK_TCP, "127.0.0.1", 30000)).startsWith("pod1 ");
        assertThat(ask(node, ASK_TCP, VIP, 81)).isEqualTo("ConnectionRefusedError");
        assertThat(ask(node, ASK_TCP, VIP, 82)).as("no port").isEqualTo("ConnectionRefusedError");
        assertThat(ask(client, ASK_TCP, VIP, 80)).as("another namespace").doesNotContain("pod");
    }

    @Test
    void withoutEndpointRefusedUnderLocalNotAnsweredAndOtherSourcesNeither() {
        Endpoint nodePort = FrontEnd.ofNode(false, 30000);
        programs.change(
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
                                List.of()),
                        ranged(3, 80, at("192.0.2.8", 0), 96 + 29),
                        ranged(4, 81, at("192.0.2.16", 0), 96 + 29)));
        assertThat(ask(client, ASK_TCP, NODE, 30000)).isEqualTo("ConnectionRefusedError");
        assertThat(ask(client, ASK_TCP, NODE, 30001)).isEqualTo("TimeoutError");
        assertThat(ask(client, ASK_TCP, BALANCER, 82)).isEqualTo("ConnectionRefusedError");
        assertThat(ask(client, ASK_TCP, BALANCER, 80)).startsWith("pod0");
        assertThat(ask(client, ASK_TCP, BALANCER, 81)).isEqualTo("TimeoutError");
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
                List.of(pod(0)));
    }

    @Test
    void sessionsAreSpreadAndWithAffinityTheyAreNot() {
        programs.change(
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
                                List.of(pod(0), pod(1)))));
        Set<String> spread = new HashSet<>();
        Set<String> kept = new HashSet<>();
        for (int i = 0; i < 12; i++) {
            spread.add(ask(client, ASK_TCP, NODE, 30000));
            kept.add(ask(client, ASK_TCP, NODE, 30001));
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
        programs.change(List.of(front(1, nodePort, Protocols.TCP, pod(0))));
        assertThat(ask(client, fromPort, NODE, 30000)).startsWith("pod0");
        programs.change(
                List.of(
                        front(1, nodePort, Protocols.TCP, pod(1)),
                        front(1, at(BALANCER, 80), Protocols.TCP, pod(1))));
        assertThat(ask(client, fromPort, NODE, 30000)).startsWith("pod1");
        assertThat(ask(client, fromPort, BALANCER, 80)).as("by another address").startsWith("pod1");
        assertThat(ask(client, fromPort, "10.244.1.6", 8080)).as("the pod").startsWith("pod1");
    }

    @Test
    void whereNoDaemonComesBackNothingIsLedAnyMore() {
        programs.change(List.of(front(1, at(VIP, 80), Protocols.TCP, pod(0))));
        assertThat(ask(node, ASK_TCP, VIP, 80)).startsWith("pod0");
        programs.close();
        programs = open(1);
        programs.change(List.of(front(1, at(VIP, 80), Protocols.TCP, pod(0))));
        assertThat(ask(node, ASK_TCP, VIP, 80)).doesNotContain("pod");
    }

    @Test
    void oneUdpSocketGoesToAnotherEndpointWhenItsOwnIsGone() {
        Endpoint nodePort = FrontEnd.ofNode(false, 30000);
        programs.change(List.of(front(1, nodePort, Protocols.UDP, pod(0))));
        String twice =
                """
                import socket, sys
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.settimeout(3)
                s.bind(('', 5000))
                s.sendto(b'x', (sys.argv[1], int(sys.argv[2])))
                print(s.recv(100).decode(), end='')
                """;
        assertThat(ask(client, twice, NODE, 30000)).startsWith("pod0");
        programs.change(List.of(front(1, nodePort, Protocols.UDP, pod(1))));
        assertThat(ask(client, twice, NODE, 30000)).startsWith("pod1");
        programs.change(List.of());
        assertThat(ask(client, ASK_UDP, NODE, 30000)).doesNotContain("pod");
    }
}
