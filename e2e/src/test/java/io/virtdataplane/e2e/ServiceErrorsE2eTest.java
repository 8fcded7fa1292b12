package io.virtdataplane.e2e;

import static io.virtdataplane.e2e.ServiceProgramsLab.BALANCER;
import static io.virtdataplane.e2e.ServiceProgramsLab.BALANCER6;
import static io.virtdataplane.e2e.ServiceProgramsLab.NODE;
import static io.virtdataplane.e2e.ServiceProgramsLab.NODE6;
import static io.virtdataplane.e2e.ServiceProgramsLab.VIP;
import static io.virtdataplane.e2e.ServiceProgramsLab.at;
import static io.virtdataplane.e2e.ServiceProgramsLab.front;
import static io.virtdataplane.e2e.ServiceProgramsLab.pod;
import static io.virtdataplane.e2e.ServiceProgramsLab.pod6;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Protocols;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** ICMP errors and fragments between clients outside and endpoints of a Service. */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(90)
class ServiceErrorsE2eTest {
    private static final int PORT = 30000;

    /** By a socket that hears of errors. */
    private static final String CONNECTED =
            """
            import socket, sys
            s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(3)
            s.connect((sys.argv[1], int(sys.argv[2])))
            try:
                s.send(b'x')
                print(s.recv(100).decode(), end='')
            except OSError as e: print(type(e).__name__, end='')
            """;

    /** Sends what may not be fragmented, until the way is known to be narrow. */
    private static final String NARROW =
            """
            import socket, sys, time
            ipv6 = ':' in sys.argv[1]
            s = socket.socket(socket.AF_INET6 if ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
            level, discover, mtu = (socket.IPPROTO_IPV6, 23, 24) if ipv6 else (socket.IPPROTO_IP, 10, 14)
            s.setsockopt(level, discover, 2)
            s.connect((sys.argv[1], int(sys.argv[2])))
            for i in range(30):
                try: s.send(bytes(1400))
                except OSError: pass
                if s.getsockopt(level, mtu) != 1500: break
                time.sleep(0.1)
            print(s.getsockopt(level, mtu), end='')
            """;

    /** Answers when the client has closed its socket: then it must hear of it. */
    private static final String LATE =
            """
            import socket, sys, time
            s = socket.socket(socket.AF_INET6 if sys.argv[1] == '6' else socket.AF_INET, socket.SOCK_DGRAM)
            s.bind(('', 8081))
            print('ready', flush=True)
            d, peer = s.recvfrom(100)
            s.connect(peer)
            for i in range(50):
                time.sleep(0.1)
                try: s.send(b'late')
                except OSError as e:
                    print(type(e).__name__, flush=True)
                    break
            """;

    private static final String SEND =
            """
            import socket, sys
            s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
            s.sendto(b'x', (sys.argv[1], int(sys.argv[2])))
            """;

    /** What comes back of a datagram in three fragments. */
    private static final String LONG =
            """
            import os, socket, sys
            s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(3)
            sent = os.urandom(4000)
            try:
                s.sendto(sent, (sys.argv[1], int(sys.argv[2])))
                d, peer = s.recvfrom(9000)
                print('same' if d == sent else 'other', peer[0], end='')
            except OSError as e: print(type(e).__name__, end='')
            """;

    private static final String ECHO =
            """
            import socket, sys
            s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            s.bind(('', 8082))
            while True:
                d, peer = s.recvfrom(9000)
                s.sendto(d, peer)
            """;

    /**
     * The second fragment of a datagram, of which the first does not come; IPv6 has an extension
     * header for it.
     */
    private static final String LATER =
            """
            import socket, struct, sys
            host, port = sys.argv[1], int(sys.argv[2])
            if ':' in host:
                s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 44)
                s.sendto(struct.pack('!BBHI', 17, 0, 185 << 3, 7) + bytes(64), (host, 0))
            else:
                s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
                head = struct.pack('!BBHHHBBH', 0x45, 0, 84, 7, 185, 64, 17, 0)
                s.sendto(head + bytes(4) + socket.inet_aton(host) + bytes(64), (host, 0))
            """;

    private ServiceProgramsLab lab;

    @BeforeEach
    void cable() throws IOException {
        lab = new ServiceProgramsLab();
    }

    @AfterEach
    void close() {
        lab.close();
    }

    private static FrontEnd nodePort(boolean isIpv6, int port, int target) {
        String address = isIpv6 ? "fd00:10:244::5" : "10.244.1.5";
        return front(port, FrontEnd.ofNode(isIpv6, port), Protocols.UDP, at(address, target));
    }

    private String asked(String script, String address, int port) {
        return lab.ask(lab.client, script, address, port);
    }

    @Test
    void aClientHearsOfAClosedPortAndOfANarrowWay() {
        lab.programs.change(
                List.of(
                        nodePort(false, PORT, 9),
                        nodePort(true, PORT, 9),
                        front(1, at(BALANCER, 53), Protocols.UDP, at("10.244.1.5", 9))));
        assertThat(asked(CONNECTED, NODE, PORT)).isEqualTo("ConnectionRefusedError");
        assertThat(asked(CONNECTED, NODE6, PORT)).isEqualTo("ConnectionRefusedError");
        assertThat(asked(CONNECTED, BALANCER, 53)).isEqualTo("ConnectionRefusedError");
        lab.shell.must("ip", "-n", lab.node, "link", "set", "veth0", "mtu", "1300");
        assertThat(asked(NARROW, NODE, PORT)).as("fragmentation needed").isEqualTo("1300");
        assertThat(asked(NARROW, NODE6, PORT)).as("packet too big").isEqualTo("1300");
    }

    /** Time exceeded is what traceroute goes by; a connection in the middle must stand it. */
    @Test
    void anEndpointHearsThatItsClientIsGone() {
        lab.programs.change(List.of(nodePort(false, PORT, 8081), nodePort(true, PORT, 8081)));
        for (String family : List.of("4", "6")) {
            Path said = lab.shell.directory().resolve("late" + family);
            lab.shell.start(
                    said, "ip", "netns", "exec", lab.pods[0], "python3", "-c", LATE, family);
            Wait.untilIn(said, "ready", 10);
            asked(SEND, family.equals("4") ? NODE : NODE6, PORT);
            Wait.untilIn(said, "ConnectionRefusedError", 10);
        }
    }

    @Test
    void aDatagramInFragmentsGoesThereAndBack() {
        String target = lab.pods[0];
        lab.shell.start(
                lab.shell.directory().resolve("echo"),
                "ip",
                "netns",
                "exec",
                target,
                "python3",
                "-c",
                ECHO);
        Wait.until(
                "the echo's socket",
                10,
                () -> lab.shell.must("ip", "netns", "exec", target, "ss", "-Hlnu", "sport = 8082"),
                seen -> !seen.isEmpty());
        lab.programs.change(
                List.of(
                        nodePort(false, PORT, 8082),
                        nodePort(true, PORT, 8082),
                        front(1, at(BALANCER, 53), Protocols.UDP, at("10.244.1.5", 8082)),
                        front(2, at(BALANCER6, 53), Protocols.UDP, at("fd00:10:244::5", 8082))));
        assertThat(asked(LONG, NODE, PORT)).isEqualTo("same " + NODE);
        assertThat(asked(LONG, NODE6, PORT)).isEqualTo("same " + NODE6);
        assertThat(asked(LONG, BALANCER, 53)).isEqualTo("same " + BALANCER);
        assertThat(asked(LONG, BALANCER6, 53)).isEqualTo("same " + BALANCER6);
    }

    /** Where the address is a Service's alone nobody else has a use for it. */
    @Test
    void aLaterFragmentWithoutItsFirstIsCounted() {
        lab.programs.change(
                List.of(
                        front(1, at(BALANCER, 53), Protocols.UDP, pod(0)),
                        front(2, at(BALANCER6, 53), Protocols.UDP, pod6(0))));
        asked(LATER, BALANCER, 53);
        awaitDropped(Verdict.DROP_FRAGMENT_TIMEOUT, 1);
        asked(LATER, BALANCER6, 53);
        awaitDropped(Verdict.DROP_FRAGMENT_TIMEOUT, 2);
        assertThat(asked(CONNECTED, BALANCER, 53)).startsWith("pod0");
    }

    /** Of a balancer, and of no other Service: there the kernel's route would lead back. */
    @Test
    void aBalancersAddressAnswersPing() {
        lab.programs.change(
                List.of(
                        front(1, at(BALANCER, 53), Protocols.UDP, pod(0)),
                        front(2, at(BALANCER6, 53), Protocols.UDP, pod6(0))));
        for (String address : List.of(BALANCER, BALANCER6)) {
            String said =
                    lab.shell.must(
                            "ip",
                            "netns",
                            "exec",
                            lab.client,
                            "ping",
                            "-c2",
                            "-i0.1",
                            "-s",
                            "1000",
                            "-W2",
                            address);
            assertThat(said).contains(" 0% packet loss", "ttl=64");
        }
        lab.shell.must("ip", "-n", lab.client, "route", "add", VIP + "/32", "via", NODE);
        long before = lab.programs.dropped().get(Verdict.DROP_SERVICE_PORT);
        lab.shell.run("ip", "netns", "exec", lab.client, "ping", "-c1", "-W1", VIP);
        awaitDropped(Verdict.DROP_SERVICE_PORT, before + 1);
    }

    private void awaitDropped(Verdict why, long count) {
        Wait.until(why.label(), 5, () -> lab.programs.dropped().get(why), seen -> seen == count);
    }

    @Test
    void withoutEndpointDatagramsAreRefusedAndUnderLocalTheyAreNot() {
        lab.programs.change(
                List.of(
                        front(1, at(BALANCER, 53), Protocols.UDP),
                        front(2, at(BALANCER6, 53), Protocols.UDP),
                        front(3, FrontEnd.ofNode(false, PORT), Protocols.UDP),
                        new FrontEnd(
                                at(BALANCER, 54),
                                Protocols.UDP,
                                4,
                                0,
                                true,
                                FrontEnd.ANYBODY,
                                true,
                                List.of(),
                                List.of(),
                                "")));
        assertThat(asked(CONNECTED, BALANCER, 53)).isEqualTo("ConnectionRefusedError");
        assertThat(asked(CONNECTED, BALANCER6, 53)).isEqualTo("ConnectionRefusedError");
        assertThat(asked(CONNECTED, NODE, PORT)).isEqualTo("ConnectionRefusedError");
        assertThat(asked(CONNECTED, BALANCER, 54)).isEqualTo("TimeoutError");
        assertThat(lab.programs.dropped())
                .hasEntrySatisfying(
                        Verdict.DROP_SERVICE_NO_ENDPOINT,
                        count -> assertThat(count).isGreaterThanOrEqualTo(3))
                .containsEntry(Verdict.DROP_SERVICE_NOT_LOCAL, 1L);
        lab.programs.change(
                List.of(
                        front(1, at(BALANCER, 53), Protocols.UDP, pod(0)),
                        front(2, at(BALANCER6, 53), Protocols.UDP, pod6(0))));
        assertThat(asked(CONNECTED, BALANCER, 53)).startsWith("pod0");
        assertThat(asked(CONNECTED, BALANCER6, 53)).startsWith("pod0");
    }
}
