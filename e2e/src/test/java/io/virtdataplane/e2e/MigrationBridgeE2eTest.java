package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A guest moves between bridges of two nodes, whose uplinks are ports of one switch. */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(120)
class MigrationBridgeE2eTest {
    private static final String SPACES =
            "node1 node2 sw host plug pod1 pod2 lpod1 lpod2 local1 local2 mover";

    private static final int SECONDS = 15;
    private static final String MAC = "02:00:5e:10:00:01";
    private static final String GUEST = "10.100.0.1";
    private static final String GUEST6 = "fd00:100::1";
    private static final String HOST = "10.100.0.9";
    private final Lab one = new Lab();
    private final Lab other = new Lab();
    private final String name = one.out.replace("-out", "-");

    /** Guests' own namespaces stand for them; "plug" is the cable of the one that moves. */
    private String ns(String of) {
        return name + of;
    }

    @BeforeEach
    void cable() {
        one.shell.sh(
                """
                n=%s
                for i in %s; do
                  ip netns add $n$i; ip -n $n$i link set lo up
                  ip netns exec $n$i sysctl -qw net.ipv6.conf.default.accept_dad=0
                done
                for i in sw plug; do
                  ip netns exec $n$i sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
                  ip -n $n$i link add l2 type bridge forward_delay 0 mcast_snooping 0
                  ip -n $n$i link set l2 up
                done
                ip link add eth1 netns ${n}node1 type veth peer name port1 netns ${n}sw
                ip link add eth1 netns ${n}node2 type veth peer name port2 netns ${n}sw
                ip link add eth0 netns ${n}host type veth peer name port3 netns ${n}sw
                for i in 1 2 3; do ip -n ${n}sw link set port$i master l2 up; done
                for i in 1 2; do
                  ip -n ${n}node$i link set eth1 up
                  ip link add net1 netns ${n}pod$i type veth peer name to$i netns ${n}plug
                  ip link add net1 netns ${n}lpod$i type veth peer name eth1 netns ${n}local$i
                  ip -n ${n}pod$i link set net1 up
                  ip -n ${n}lpod$i link set net1 up
                  ip -n ${n}plug link set to$i up
                done
                ip link add eth1 netns ${n}mover type veth peer name guest netns ${n}plug
                ip -n ${n}plug link set guest master l2 up
                ip -n ${n}host link set eth0 up
                ip -n ${n}host addr add 10.100.0.9/24 dev eth0
                ip -n ${n}host addr add fd00:100::9/64 dev eth0 nodad
                """
                        .formatted(name, SPACES));
    }

    @AfterEach
    void close() {
        one.endDaemon();
        other.endDaemon();
        one.shell.close();
        one.shell.run(
                "bash",
                "-c",
                "for i in %2$s; do ip netns pids %1$s$i | xargs -r kill -9; ip netns del %1$s$i; done"
                        .formatted(name, SPACES));
        other.close();
        one.close();
    }

    private static String machine(String name, String mac) {
        return BridgeLab.machine(name, "net1")
                .replace(
                        "bridge: {}",
                        "bridge: {}" + (mac.isEmpty() ? "" : "\n              macAddress: " + mac));
    }

    private String attach(Lab lab, String machine, String mac, String pod, String... more) {
        Path file = lab.shell.directory().resolve(machine + ".yaml");
        lab.shell.write(file, machine(machine, mac));
        String[] words = {
            "attach",
            "-f",
            file.toString(),
            "--interface",
            "bridge-net",
            "--netns",
            pod,
            "--guest",
            "dev:net1"
        };
        return lab.mustClient(
                Stream.of(words, more).flatMap(Arrays::stream).toArray(String[]::new));
    }

    private void node(Lab lab, int number) {
        lab.daemonIn(ns("node" + number));
        Path file = lab.shell.directory().resolve("network.yaml");
        lab.shell.write(
                file,
                BridgeLab.POLICY + "---\n" + BridgeLab.network("net1", "\"macspoofchk\": true"));
        lab.mustClient("apply", "-f", file.toString());
        String said = attach(lab, "local" + number, "", ns("lpod" + number));
        String mac = said.replaceFirst("(?s).*guest ([0-9a-f:]{17}) on bridge .*", "$1");
        lab.shell.sh(
                """
                ip -n %1$s link set eth1 address %2$s up
                ip -n %1$s addr add 10.100.0.%3$d/24 dev eth1
                """
                        .formatted(ns("local" + number), mac, 20 + number));
    }

    private String portOfGuest() {
        return one.shell
                .run(
                        "bash",
                        "-c",
                        "bridge -n %s fdb show br l2 | grep '^%s' || true".formatted(ns("sw"), MAC))
                .out()
                .replaceFirst("(?s).*dev (port\\d).*", "$1");
    }

    private void ping(String from, String to) {
        one.mustIn(ns(from), "ping -qc1 -W5 " + to);
    }

    @Test
    void stationIsWhereTheGuestIsAndNowhereElse() {
        node(one, 1);
        node(other, 2);
        attach(one, "vm", MAC, ns("pod1"));
        one.shell.sh(
                """
                ip -n %2$splug link set to1 master l2
                ip -n %1$s link set eth1 address %3$s up
                ip -n %1$s addr add 10.100.0.1/24 dev eth1
                ip -n %1$s addr add fd00:100::1/64 dev eth1 nodad
                """
                        .formatted(ns("mover"), name, MAC));
        ping("mover", HOST);
        ping("local1", GUEST);
        ping("local2", GUEST);
        assertThat(portOfGuest()).isEqualTo("port1");
        Path seen = one.shell.directory().resolve("seen.log");
        one.shell.start(
                seen,
                "ip",
                "netns",
                "exec",
                ns("host"),
                "tcpdump",
                "-lnei",
                "eth0",
                "ether",
                "src",
                MAC);
        Wait.untilIn(seen, "listening", SECONDS);
        ping("mover", HOST);
        Wait.untilIn(seen, MAC + " >", SECONDS);

        attach(other, "vm", MAC, ns("pod2"), "--incoming");
        assertThat(other.mustClient("get", "nics")).contains("incoming");
        ping("local2", GUEST);
        assertThat(portOfGuest()).as("until the guest has moved").isEqualTo("port1");
        assertThat(other.mustClient("get", "fdb")).as("learned from the uplink").contains("eth1");

        // The guest goes on with a station of its new node only: the switch hears nothing of that.
        String local = one.mustIn(ns("local2"), "cat /sys/class/net/eth1/address").strip();
        one.mustIn(ns("mover"), "ip neigh replace 10.100.0.22 lladdr " + local + " dev eth1");
        one.shell.must("ip", "-n", ns("plug"), "link", "set", "to1", "nomaster");
        one.mustClient("drain", "vm");
        one.shell.start(
                one.shell.directory().resolve("goes-on.log"),
                "ip",
                "netns",
                "exec",
                ns("mover"),
                "ping",
                "-i",
                "0.05",
                "10.100.0.22");
        long begun = System.nanoTime();
        one.shell.must("ip", "-n", ns("plug"), "link", "set", "to2", "master", "l2");
        Wait.until("the switch", SECONDS, this::portOfGuest, "port2"::equals);
        System.out.println(
                "bridge: the switch knows the new place after "
                        + (System.nanoTime() - begun) / 1_000_000
                        + " ms, looked at every 50");
        String all =
                Wait.until(
                        "five announcements",
                        SECONDS,
                        () -> Shell.text(seen),
                        said -> Wait.count(said, "ethertype Reverse ARP") >= 5);
        assertThat(Wait.count(all, "ethertype Reverse ARP")).isEqualTo(5);
        ping("host", GUEST);
        ping("host", GUEST6);
        ping("local1", GUEST); // its bridge has the station behind its uplink now
        Wait.until(
                "state",
                SECONDS,
                () -> other.mustClient("get", "nics"),
                said -> !said.contains("incoming"));
        assertThat(other.mustClient("events")).contains("Arrived");

        // It asks for its neighbours again, and says its IPv4 address there.
        one.shell.must("ip", "-n", ns("mover"), "neigh", "flush", "dev", "eth1");
        ping("mover", HOST);
        other.mustClient("announce", "vm/bridge-net");
        Wait.until(
                "an announcement of each address",
                SECONDS,
                () -> Shell.text(seen),
                said ->
                        said.contains("Request who-has 10.100.0.1 tell 10.100.0.1")
                                && said.contains("neighbor advertisement, tgt is fd00:100::1"));
        assertThat(one.client("announce", "vm/bridge-net").out())
                .contains("must not be a drained NIC");
        one.mustClient("detach", "vm/bridge-net");
        ping("host", GUEST);
        assertThat(List.of(portOfGuest())).containsExactly("port2");
    }
}
