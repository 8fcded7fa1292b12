package io.virtdataplane.e2e;

import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.dataplane.FrontEnd.Endpoint;
import io.virtdataplane.port.ProgramPins;
import io.virtdataplane.port.ServicePrograms;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.Cgroup;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A node with two pods and a client outside, each a network namespace, and the node's programs,
 * without guests. A server tells who has asked it, and by which pod it answers.
 */
final class ServiceProgramsLab implements AutoCloseable {
    static final String CLIENT = "192.0.2.9";
    static final String CLIENT6 = "2001:db8:2::9";
    static final String NODE = "192.0.2.1";
    static final String NODE6 = "2001:db8:2::1";
    static final String VIP = "10.96.0.10";
    static final String VIP6 = "fd00:96::a";
    static final String BALANCER = "192.0.2.80";
    static final String BALANCER6 = "2001:db8:2::80";
    static final String SERVER =
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
    static final String ASK_TCP =
            """
            import socket, sys
            try:
                s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)
                print(s.recv(100).decode(), s.getpeername()[0], end='')
            except OSError as e: print(type(e).__name__, end='')
            """;
    static final String ASK_UDP =
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

    private static final AtomicInteger LABS = new AtomicInteger(); // classes may run beside others

    final Shell shell;
    final String node;
    final String client;
    final String[] pods = new String[2];
    ServicePrograms programs;

    ServiceProgramsLab() throws IOException {
        shell = new Shell(Files.createTempDirectory("virt-dataplane-e2e-"));
        String tag =
                "vdpt" + ProcessHandle.current().pid() % 100_000 + "svc" + LABS.getAndIncrement();
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
                Map.of(
                        at(BALANCER, 0),
                        true,
                        at(BALANCER6, 0),
                        true,
                        at(VIP, 0),
                        false,
                        at(VIP6, 0),
                        false));
    }

    private long servers(String pod) {
        return shell.run("ip", "netns", "exec", pod, "ss", "-Hlnut", "sport = 8080")
                .out()
                .lines()
                .count();
    }

    ServicePrograms open() {
        return open(30_000_000_000L);
    }

    ServicePrograms open(long absenceNs) {
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
                                    ProgramPins.none()));
        }
    }

    @Override
    public void close() {
        if (programs != null) {
            programs.close();
        }
        shell.close();
        for (String name : List.of(node, client, pods[0], pods[1])) {
            shell.run("ip", "netns", "del", name);
        }
    }

    static Endpoint at(String address, int port) {
        if (address.contains(":")) {
            long[] halves = AddressText.ipv6(address);
            return new Endpoint(halves[0], halves[1], port);
        }
        return new Endpoint(0, Ip.mapped(AddressText.ipv4(address)), port);
    }

    static FrontEnd front(int id, Endpoint at, int protocol, Endpoint... endpoints) {
        return new FrontEnd(
                at,
                protocol,
                id,
                0,
                false,
                FrontEnd.ANYBODY,
                true,
                List.of(endpoints),
                List.of(endpoints),
                "");
    }

    static Endpoint pod(int number) {
        return at("10.244.1." + (5 + number), 8080);
    }

    static Endpoint pod6(int number) {
        return at("fd00:10:244::" + (5 + number), 8080);
    }

    String ask(String from, String script, String address, int port) {
        return shell.run("ip", "netns", "exec", from, "python3", "-c", script, address, "" + port)
                .out();
    }
}
