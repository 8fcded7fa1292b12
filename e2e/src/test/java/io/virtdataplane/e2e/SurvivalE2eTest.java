package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Debian package in a booted systemd, with guests that talk: it is restarted, killed and
 * upgraded, and no connection is lost. How often is set by {@code VDP_SURVIVE}.
 */
@RootTest
@Timeout(600)
class SurvivalE2eTest {
    private static final int TIMES = number("VDP_SURVIVE", 1);
    private static final int CONNECTIONS = number("VDP_SURVIVE_CONNECTIONS", 250); // of a family
    private static final int WALKED = 50;
    private static final int DATAGRAMS = 5000; // a second, of each of two flows
    private static final String BEHIND_TAP = "10.244.3.5";
    private static final int MBITS = 200;
    private static final int BETWEEN_MILLISECONDS = TIMES > 1 ? 3000 : 1000;

    /** Silence in milliseconds that is a failure here, with room for a machine that is busy. */
    private static final int MOST_ESTABLISHED = 1000;

    private static final int MOST_WALKED = 20_000;

    private static final String TOPOLOGY =
            """
            for n in pod1 guest1 outside pod2 guest2 host pod3 guest3; do ip netns add $n; ip -n $n link set lo up; done
            veth() { ip link add $2 netns $1 type veth peer name $4 netns $3; ip -n $1 link set $2 up; ip -n $3 link set $4 up; }
            veth pod1 eth0 outside eth0
            ip -n pod1 addr add 10.244.1.5/24 dev eth0
            ip -n pod1 addr add fd00:10:244::5/64 dev eth0 nodad
            ip -n outside addr add 10.244.1.1/24 dev eth0
            ip -n outside addr add fd00:10:244::1/64 dev eth0 nodad
            ip -n outside addr add 203.0.113.7/32 dev lo
            ip -n outside addr add 2001:db8::7/128 dev lo nodad
            ip -n pod1 route add default via 10.244.1.1
            ip -n pod1 route add default via fd00:10:244::1
            veth pod1 tap0 guest1 eth0
            ip -n guest1 addr add 10.0.2.2/24 dev eth0
            ip -n guest1 addr add fd10:0:2::2/120 dev eth0 nodad
            ip -n guest1 route add default via 10.0.2.1
            ip -n guest1 route replace default via fd10:0:2::1
            ip link add eth1 type veth peer name eth0 netns host
            ip link set eth1 up
            ip -n host link set eth0 up
            ip -n host addr add 10.100.0.9/24 dev eth0
            veth pod2 net1 guest2 eth1
            ip -n guest2 addr add 10.100.0.1/24 dev eth1
            veth pod3 eth0 outside eth3
            ip -n pod3 addr add 10.244.3.5/24 dev eth0
            ip -n outside addr add 10.244.3.1/24 dev eth3
            ip -n pod3 route add default via 10.244.3.1
            """;

    private static final String ALL_PORTS =
            Lab.CHAPTER.replaceAll("(?m)^ *(ports:|- port: \\d+)\n", "");

    @TempDir Path directory;
    private Shell shell;
    private BootedSystem booted;
    private Path deb;

    private static int number(String variable, int usual) {
        String set = System.getenv(variable);
        return set == null ? usual : Integer.parseInt(set);
    }

    @BeforeEach
    void boot() throws IOException {
        BootedSystem.assume();
        shell = new Shell(directory);
        deb = DebianPackage.built(shell);
        Path layer = Files.createDirectory(directory.resolve("layer"));
        shell.sh("cp %1$s %2$s/one.deb".formatted(deb, layer));
        shell.sh("cp %1$s %2$s/two.deb".formatted(DebianPackage.later(shell, deb), layer));
        booted = BootedSystem.boot(shell, layer);
    }

    @AfterEach
    void close() {
        if (shell != null) {
            shell.close();
        }
    }

    private void install() {
        booted.inside("dpkg --force-depends -i /one.deb");
        booted.awaitActive();
        booted.inside(TOPOLOGY);
        String vm = booted.write("vm.yaml", ALL_PORTS);
        booted.inside(
                "virt-dataplane attach -f " + vm + " --netns pod1 --guest dev:tap0 --name one");
        String bridge =
                booted.write(
                        "bridge.yaml",
                        BridgeLab.POLICY
                                + "---\n"
                                + BridgeLab.network("lan", "\"macspoofchk\": false"));
        booted.inside("virt-dataplane apply -f " + bridge);
        String two = booted.write("two.yaml", BridgeLab.machine("two", "lan"));
        booted.inside(
                "virt-dataplane attach -f %s --interface bridge-net --netns pod2 --guest dev:net1"
                        .formatted(two));
        booted.inside(
                """
                virt-dataplane attach -f %s --netns pod3 --guest tap:tap3 --name three
                ip -n pod3 link set tap3 netns guest3 name eth0
                ip -n guest3 link set eth0 up
                ip -n guest3 addr add 10.0.2.2/24 dev eth0
                ip -n guest3 route add default via 10.0.2.1
                """
                        .formatted(vm));
    }

    private Talks talks() {
        return new Talks(shell, booted::enter)
                .talk("tcp", "outside", Lab.OUTSIDE, "guest1", Lab.OUTSIDE, CONNECTIONS)
                .talk("tcp", "outside", Lab.OUTSIDE6, "guest1", Lab.OUTSIDE6, CONNECTIONS)
                .talk("tcp", "guest1", "10.0.2.2", "outside", Lab.POD_ADDRESS, CONNECTIONS)
                .talk("tcp", "guest1", "fd10:0:2::2", "outside", Lab.POD_ADDRESS6, CONNECTIONS)
                .talk("bulk", "outside", Lab.OUTSIDE, "guest1", Lab.OUTSIDE, MBITS)
                .talk("udp", "guest1", "10.0.2.2", "outside", Lab.POD_ADDRESS, DATAGRAMS)
                .talk("udp", "outside", Lab.OUTSIDE6, "guest1", Lab.OUTSIDE6, DATAGRAMS)
                .talk("new", "guest1", "10.0.2.2", "outside", Lab.POD_ADDRESS, 0)
                .talk("new", "outside", Lab.OUTSIDE6, "guest1", Lab.OUTSIDE6, 0)
                .ping("guest1", Lab.OUTSIDE)
                .ping("guest1", Lab.OUTSIDE6)
                .talk("tcp", "host", "10.100.0.9", "guest2", "10.100.0.9", WALKED)
                .talk("tcp", "guest2", "10.100.0.1", "host", "10.100.0.1", WALKED)
                .talk("new", "guest2", "10.100.0.1", "host", "10.100.0.1", 0)
                .ping("host", "10.100.0.1")
                .talk("tcp", "outside", Lab.OUTSIDE, "guest3", Lab.OUTSIDE, WALKED)
                .talk("tcp", "guest3", "10.0.2.2", "outside", BEHIND_TAP, WALKED)
                .ping("guest3", Lab.OUTSIDE)
                .open();
    }

    /** One after the other, with time between them for all to be as before. */
    private void under(String what, int times, Runnable step) {
        Talks talks = talks();
        for (int i = 0; i < times; i++) {
            step.run();
            Wait.letTimePass(BETWEEN_MILLISECONDS);
        }
        for (Talks.Noticed each : talks.end(what + " x" + times)) {
            check(each);
        }
    }

    private static void check(Talks.Noticed each) {
        boolean isNew = each.name().startsWith("new") || each.name().startsWith("ping");
        if (!each.name().startsWith("udp") && !isNew) {
            assertThat(each.lost()).as(each.name()).isZero();
        }
        boolean isWalked =
                isNew
                        || !each.name().contains("guest1")
                                && !each.name().endsWith(Lab.POD_ADDRESS)
                                && !each.name().endsWith(Lab.POD_ADDRESS6);
        assertThat(each.silence())
                .as(each.name())
                .isLessThan(isWalked ? MOST_WALKED : MOST_ESTABLISHED);
        if (each.name().startsWith("udp")) {
            assertThat(each.lost()).as(each.name()).isLessThan(each.of() / 50);
        }
    }

    @Test
    void noConnectionIsLost() {
        install();
        if (TIMES > 1) {
            under("nothing", TIMES, () -> {}); // what the others are to be read against
        }
        under("restart", TIMES, () -> booted.inside("systemctl restart virt-dataplane"));
        under("kill -9", TIMES, booted::kill);
        under(
                "upgrade",
                1,
                () -> {
                    booted.inside("dpkg --force-depends -i /two.deb");
                    booted.awaitActive();
                });
        assertThat(booted.inside("dpkg-query -W virt-dataplane")).contains("+later");
        String log = booted.inside("journalctl -u virt-dataplane -o cat --no-pager");
        assertThat(log).contains("programs=kept").doesNotContain("set aside");
    }
}
