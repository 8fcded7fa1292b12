package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * A guest that floods, or is flooded, beside one that works: what the other notices. All frames are
 * walked, by one packet thread. The flood's sender, the packet thread and both ends of the
 * measurement share the machine's processors: so the yardstick is not the guest alone, but the
 * guest beside floods that pass the daemon by. Before there were shares and storm control a round
 * trip beside a SYN flood took 1.9 ms (p50) and beside broadcasts 3.6 to 65 ms.
 */
@RootTest
@Isolated("compares times")
@Timeout(240)
class HostileGuestE2eTest {
    private static final String CONFIG = "fastPath: off\nworkers: 1\n";
    private static final int FLOOD_SECONDS = 30;
    private static final int TRIES = 4; // of a measurement, on a machine that others use
    private static final double MOST_MICROSECONDS = 1000;

    /** Round trips of one byte, in microseconds. */
    private record Trips(double p50, double p99) {}

    /** A guest that measures, and how it does without a flood. */
    private record Good(String guest, String server) {}

    private final List<String> namespaces = new ArrayList<>();
    private AutoCloseable owned;
    private Lab lab;
    private Path flood;
    private Path probe;
    private Good good;
    private Trips elsewhere;
    private long besideElsewhere;

    @AfterEach
    void close() throws Exception {
        for (String name : namespaces) {
            lab.shell.run(
                    "bash",
                    "-c",
                    "ip netns pids %1$s | xargs -r kill -9; ip netns del %1$s".formatted(name));
        }
        owned.close();
    }

    private static String config() {
        try {
            return Files.writeString(Path.of("target/walked.yaml").toAbsolutePath(), CONFIG)
                    .toString();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void measureFrom(Lab made, String guest, String server, String address) {
        lab = made;
        good = new Good(guest, address);
        Path directory = lab.shell.directory();
        flood = directory.resolve("flood");
        probe = directory.resolve("netprobe");
        lab.shell.must("cc", "-O2", "-o", flood.toString(), "src/test/net/flood.c");
        lab.shell.must("cc", "-O2", "-o", probe.toString(), "../bench/net/netprobe.c");
        lab.startIn(server, probe.toString(), "echo", "7");
        lab.startIn(server, probe.toString(), "tcp-sink", "9");
        lab.awaitSocket(server, "udp sport = :7");
        lab.awaitSocket(server, "tcp sport = :9");
        System.out.println("alone: " + trips() + ", " + megabits() + " Mbit/s");
        elsewhere();
    }

    private Trips trips() {
        String said = lab.mustIn(good.guest, probe + " udp-rr " + good.server + " 7 1");
        String[] nanoseconds = said.strip().split(" ");
        return new Trips(
                Integer.parseInt(nanoseconds[0]) / 1e3, Integer.parseInt(nanoseconds[1]) / 1e3);
    }

    private long megabits() {
        String bytes = lab.mustIn(good.guest, probe + " tcp-send " + good.server + " 9 1 1");
        return Long.parseLong(bytes.strip()) * 8 / 1_000_000;
    }

    private Process flood(String namespace, String kind, String device, String... addresses) {
        List<String> command = new ArrayList<>(List.of(flood.toString(), kind, device));
        command.add(String.valueOf(FLOOD_SECONDS));
        command.addAll(List.of(addresses));
        return lab.startIn(namespace, command.toArray(String[]::new));
    }

    /** As many processors are busy as beside a flood that the daemon walks. */
    private void elsewhere() {
        lab.shell.sh(
                """
                ip link add x0 netns %1$s type veth peer name x1 netns %1$s
                ip -n %1$s link set x0 up
                ip -n %1$s link set x1 up
                """
                        .formatted(lab.out));
        String[] addresses = {"02:00:00:00:00:01", "02:00:00:00:00:02", "192.0.2.1", "192.0.2.2"};
        Process one = flood(lab.out, "broadcast", "x0", addresses);
        Process other = flood(lab.out, "broadcast", "x1", addresses);
        elsewhere = trips();
        besideElsewhere = megabits();
        lab.shell.end(one);
        lab.shell.end(other);
        System.out.println("floods elsewhere: " + elsewhere + ", " + besideElsewhere + " Mbit/s");
    }

    private void isBorne(
            boolean withThroughput,
            String what,
            String namespace,
            String kind,
            String device,
            String... addresses) {
        Process sender = flood(namespace, kind, device, addresses);
        String name = kind + " flood " + what;
        double mostP99 = Math.max(2 * elsewhere.p99, MOST_MICROSECONDS * 10);
        Trips trips = null;
        long megabits = besideElsewhere;
        for (int i = 0; i < TRIES; i++) {
            trips = trips();
            megabits = withThroughput ? megabits() : megabits;
            System.out.println(
                    name + ": " + trips + (withThroughput ? ", " + megabits + " Mbit/s" : ""));
            if (trips.p50 <= MOST_MICROSECONDS
                    && trips.p99 <= mostP99
                    && megabits >= besideElsewhere / 2) {
                break;
            }
        }
        assertThat(sender.isAlive()).as(name).isTrue();
        lab.shell.end(sender);
        assertThat(trips.p50).as(name + ", p50").isBetween(1.0, MOST_MICROSECONDS);
        assertThat(trips.p99).as(name + ", p99").isLessThanOrEqualTo(mostP99);
        assertThat(megabits).as(name + ", Mbit/s").isGreaterThanOrEqualTo(besideElsewhere / 2);
    }

    private String address(String namespace, String device) {
        return lab.mustIn(namespace, "cat /sys/class/net/" + device + "/address").strip();
    }

    /** A second pod of the lab's, and its guest. */
    private void attachHostile(Lab lab, String pod, String guest) {
        namespaces.addAll(List.of(pod, guest));
        lab.shell.sh(
                """
                for n in %1$s %2$s; do ip netns add $n; ip -n $n link set lo up; done
                ip link add eth0 netns %1$s type veth peer name eth2 netns %3$s
                ip -n %1$s addr add 10.244.2.5/24 dev eth0
                ip -n %3$s addr add 10.244.2.1/24 dev eth2
                ip -n %1$s link set eth0 up
                ip -n %3$s link set eth2 up
                ip -n %1$s route add default via 10.244.2.1
                ip link add eth0 netns %2$s type veth peer name tap0 netns %1$s
                ip -n %1$s link set tap0 up
                ip -n %2$s link set eth0 up
                ip -n %2$s addr add 10.0.2.2/24 dev eth0
                ip -n %2$s route add default via 10.0.2.1
                ip -n %3$s route add blackhole 100.0.0.0/10
                """
                        .formatted(pod, guest, lab.out));
        String manifest =
                Lab.CHAPTER.replace("spec:\n  domain", "metadata: {name: two}\nspec:\n  domain");
        lab.mustClient(
                "attach",
                "-f",
                lab.manifest(manifest).toString(),
                "--netns",
                pod,
                "--guest",
                "dev:tap0");
    }

    @Test
    void floodsOfAnotherNicAreBorne() {
        Lab made = new Lab().asInstalled();
        owned = made;
        made.daemon("--config", config()).attachDevice(Lab.CHAPTER).configureGuest();
        String pod = made.out.replace("-out", "-pod2");
        String guest = made.out.replace("-out", "-guest2");
        attachHostile(made, pod, guest);
        assertThat(made.client("set", "two", "--storm-broadcast", "5").out())
                .contains("storm control is of a NIC on a bridge");
        measureFrom(made, made.guest, made.out, "10.244.1.1");
        made.mustIn(guest, "ping -qc1 -W5 10.0.2.1");
        String gateway =
                made.mustIn(guest, "ip neigh show 10.0.2.1")
                        .replaceAll("(?s).*lladdr (\\S+).*", "$1");
        isBorne(
                true,
                "from outside",
                made.out,
                "syn",
                "eth2",
                address(made.out, "eth2"),
                address(pod, "eth0"),
                "0.0.0.0",
                "10.244.2.5");
        for (String kind : List.of("udp", "fragments", "dhcp", "arp", "nd", "malformed")) {
            isBorne(
                    kind.equals("udp"),
                    "of a guest",
                    guest,
                    kind,
                    "eth0",
                    address(guest, "eth0"),
                    gateway,
                    "10.0.2.2",
                    Lab.OUTSIDE);
        }
    }

    @Test
    void floodsOfAGuestOnTheSameBridgeAreBorne() {
        BridgeLab bridge = new BridgeLab(new Lab().asInstalled(), "--config", config());
        owned = bridge;
        bridge.bridges().apply(BridgeLab.network("plain", "\"vlan\": 100"));
        String one = bridge.guest("one", "plain", "10.100.0.1/24");
        String two = bridge.guest("two", "plain", "10.100.0.2/24");
        measureFrom(bridge.lab, one, bridge.host, "10.100.0.9");
        for (String kind :
                List.of("broadcast", "multicast", "unknown", "arp", "nd", "macs", "moves")) {
            isBorne(
                    kind.equals("broadcast") || kind.equals("macs"),
                    "of a guest",
                    two,
                    kind,
                    "eth1",
                    bridge.mac(two),
                    bridge.mac(one),
                    "10.100.0.2",
                    "10.100.0.1");
        }
        assertThat(lab.mustClient("drops"))
                .contains("drop_storm_broadcast")
                .contains("drop_storm_multicast")
                .contains("drop_storm_unknown_unicast")
                .contains("drop_storm_stations");
        lab.mustClient("set", "two", "--storm-broadcast", "50", "--storm-multicast", "0");
        assertThat(lab.mustClient("describe", "nic", "two"))
                .contains(
                        "broadcast 50, multicast no limit, unknown unicast 10000 frames/s, new stations 1000/s");
        assertThat(lab.client("set", "two", "--storm-broadcast", "-1").out())
                .contains("storm_broadcast must not be negative: storm_broadcast=-1");
    }
}
