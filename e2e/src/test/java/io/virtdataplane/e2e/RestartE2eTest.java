package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The daemon is started anew, as for an upgrade or after a crash, under traffic. */
@RootTest
@Timeout(180)
class RestartE2eTest {
    private static final int CONNECTIONS = 50; // of each direction and family
    private static final int SECONDS = 20;
    private static final int DATAGRAMS = 2500; // a second
    private static final String ALL_PORTS =
            Lab.CHAPTER.replaceAll("(?m)^ *(ports:|- port: \\d+)\n", "");

    private final Lab lab = new Lab().asInstalled();

    @AfterEach
    void close() {
        lab.close();
    }

    private Talks talksOfAllKinds() {
        return new Talks(lab)
                .talk("tcp", lab.out, Lab.OUTSIDE, lab.guest, Lab.OUTSIDE, CONNECTIONS)
                .talk("tcp", lab.out, Lab.OUTSIDE6, lab.guest, Lab.OUTSIDE6, CONNECTIONS)
                .talk("tcp", lab.guest, "10.0.2.2", lab.out, Lab.POD_ADDRESS, CONNECTIONS)
                .talk("tcp", lab.guest, "fd10:0:2::2", lab.out, Lab.POD_ADDRESS6, CONNECTIONS)
                .talk("udp", lab.out, Lab.OUTSIDE, lab.guest, Lab.OUTSIDE, DATAGRAMS)
                .talk("udp", lab.guest, "fd10:0:2::2", lab.out, Lab.POD_ADDRESS6, DATAGRAMS)
                .ping(lab.guest, Lab.OUTSIDE)
                .ping(lab.guest, Lab.OUTSIDE6)
                .open();
    }

    private void stop(String how) {
        if (how.equals("SIGTERM")) {
            lab.endDaemon();
        } else {
            lab.killDaemon();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SIGTERM", "SIGKILL"})
    void establishedFlowsDoNotNotice(String how) {
        lab.keeping().daemon().attachDevice(ALL_PORTS).configureGuest();
        Talks talks = talksOfAllKinds();
        stop(how);
        lab.daemon();
        lab.mustIn(lab.guest, "ping -qc1 -W5 " + Lab.OUTSIDE);
        List<Talks.Noticed> noticed = talks.end(how);
        assertThat(lab.daemonLog()).contains("programs=kept").doesNotContain("set aside");
        for (Talks.Noticed each : noticed) {
            if (each.name().startsWith("tcp")) {
                assertThat(each.lost()).as(each.name()).isZero();
                assertThat(each.silence()).as(each.name()).isLessThan(1000);
            } else if (each.name().startsWith("udp")) {
                assertThat(each.lost()).as(each.name()).isLessThan(each.of() / 50);
                assertThat(each.silence()).as(each.name()).isLessThan(500);
            } else {
                assertThat(each.silence()).as(each.name()).isLessThan(8000);
            }
        }
    }

    /** Programs with a constant more, which moves the others: a later version's. */
    private Path laterPrograms() {
        Path directory = lab.shell.directory().resolve("later");
        lab.shell.sh(
                """
                mkdir -p %1$s/source %1$s/io/virtdataplane/port
                cp ../dataplane/src/main/bpf/* %1$s/source
                sed -i '/^#include "packet.h"/a const volatile __u32 later_version = 7;' %1$s/source/*.bpf.c
                grep -q later_version %1$s/source/pod.bpf.c
                ../dataplane/src/main/bpf/compile %1$s/source %1$s/io/virtdataplane/port
                """
                        .formatted(directory));
        return directory;
    }

    @ParameterizedTest
    @ValueSource(strings = {"SIGTERM", "SIGKILL"})
    void upgradeToOtherProgramsCutsNoConnection(String how) {
        lab.keeping().daemon().attachDevice(ALL_PORTS).configureGuest();
        Talks talks =
                new Talks(lab)
                        .talk("tcp", lab.out, Lab.OUTSIDE, lab.guest, Lab.OUTSIDE, CONNECTIONS)
                        .talk("tcp", lab.guest, "10.0.2.2", lab.out, Lab.POD_ADDRESS, CONNECTIONS)
                        .talk("udp", lab.out, Lab.OUTSIDE, lab.guest, Lab.OUTSIDE, DATAGRAMS)
                        .open();
        stop(how);
        lab.environment("JAVA_TOOL_OPTIONS", "-Xbootclasspath/a:" + laterPrograms()).daemon();
        lab.mustIn(lab.guest, "ping -qc1 -W5 " + Lab.OUTSIDE);
        List<Talks.Noticed> noticed = talks.end("upgrade, " + how);
        assertThat(lab.daemonLog()).contains("programs=replaced").doesNotContain("set aside");
        for (Talks.Noticed each : noticed) {
            assertThat(each.lost())
                    .as(each.name())
                    .isLessThanOrEqualTo(each.name().startsWith("tcp") ? 0 : each.of() / 50);
            assertThat(each.silence()).as(each.name()).isLessThan(1000);
        }
    }

    private String page(String host) {
        return lab.in(lab.out, "curl -sS -m 1 http://" + host + " 2>&1").out();
    }

    private void awaitPage(String host, String text) {
        Wait.until(text, SECONDS, () -> page(host), seen -> seen.equals(text));
    }

    @Test
    void podHasItsAddressBackWhereNoDaemonComes() {
        Path config = lab.shell.directory().resolve("config.yaml");
        lab.shell.write(config, "absenceSeconds: 3\n");
        lab.keeping().daemon("--config", config.toString()).attachDevice(Lab.CHAPTER);
        lab.configureGuest();
        lab.httpd(lab.guest, 80, lab.page("guest"));
        lab.httpd(lab.pod, 80, lab.page("pod"));
        assertThat(page(Lab.POD_ADDRESS)).isEqualTo("guest");
        lab.killDaemon();
        assertThat(page(Lab.POD_ADDRESS)).as("a known client of the guest's").isEqualTo("guest");
        assertThat(page("[" + Lab.POD_ADDRESS6 + "]"))
                .as("of others the pod's kernel keeps quiet, too")
                .contains("timed out");
        awaitPage(Lab.POD_ADDRESS, "pod");
        awaitPage("[" + Lab.POD_ADDRESS6 + "]", "pod");
        lab.daemon("--config", config.toString());
        awaitPage(Lab.POD_ADDRESS, "guest");
        awaitPage("[" + Lab.POD_ADDRESS6 + "]", "guest");
    }

    private String leftInPod() {
        return lab.mustIn(lab.pod, "ip -br link | grep -c vdp- || true").strip();
    }

    private long leftInBpffs() {
        return Long.parseLong(
                lab.shell.sh("find " + lab.bpffs().resolve("vdp") + " -type f | wc -l").strip());
    }

    @Test
    void nothingIsLeftOfADetachedOrForgottenNic() {
        lab.keeping().daemon().attachDevice(Lab.CHAPTER).configureGuest();
        assertThat(leftInBpffs()).isPositive();
        lab.mustClient("detach", "vm");
        assertThat(leftInBpffs()).isZero();
        assertThat(leftInPod()).isEqualTo("0");
        lab.attachMade(Lab.CHAPTER);
        lab.endDaemon();
        assertThat(leftInBpffs()).isPositive();
        assertThat(leftInPod()).isEqualTo("2");
        lab.shell.sh("rm " + lab.shell.directory().resolve("state/attachments/*"));
        lab.daemon();
        assertThat(leftInBpffs()).isZero();
        lab.attachMade(Lab.CHAPTER).mustClient("detach", "vm");
        assertThat(leftInPod()).isEqualTo("0");
    }

    @Test
    void nicWhoseAddressHasChangedMeanwhileIsOpenedAnew() {
        lab.keeping().daemon().attachDevice(Lab.CHAPTER).configureGuest();
        lab.endDaemon();
        lab.shell.must("ip", "-n", lab.pod, "addr", "del", Lab.POD_ADDRESS + "/24", "dev", "eth0");
        lab.shell.must("ip", "-n", lab.pod, "addr", "add", "10.244.1.6/24", "dev", "eth0");
        lab.daemon();
        assertThat(lab.daemonLog()).contains("set aside, opened anew: nic=vm/default");
        lab.httpd(lab.guest, 80, lab.page("guest"));
        assertThat(page("10.244.1.6")).isEqualTo("guest");
    }

    @ParameterizedTest
    @ValueSource(strings = {"SIGTERM", "SIGKILL"})
    void bridgeLosesNoConnectionAndKeepsItsStations(String how) {
        try (BridgeLab bridge = new BridgeLab(new Lab().asInstalled())) {
            String network = BridgeLab.network("vlan100", "\"vlan\": 100");
            bridge.bridges().apply(network);
            String one = bridge.guest("one", "vlan100", "10.100.0.1/24");
            String two = bridge.guest("two", "vlan100", "10.100.0.2/24");
            bridge.lab.mustIn(two, "ping -c1 -W5 10.100.0.1");
            String silent = bridge.mac(two);
            bridge.lab.shell.must("ip", "-n", two, "link", "set", "eth1", "down");
            Talks talks =
                    new Talks(bridge.lab)
                            .talk("tcp", bridge.host, "10.100.0.9", one, "10.100.0.9", CONNECTIONS)
                            .talk("tcp", one, "10.100.0.1", bridge.host, "10.100.0.1", CONNECTIONS)
                            .ping(one, "10.100.0.9")
                            .open();
            if (how.equals("SIGTERM")) {
                bridge.lab.endDaemon();
            } else {
                bridge.awaitKept(silent);
                bridge.lab.killDaemon();
            }
            bridge.lab.daemonIn(bridge.node);
            assertThat(bridge.lab.mustClient("get", "fdb")).contains(silent);
            bridge.lab.mustIn(one, "ping -qc1 -W5 10.100.0.9");
            for (Talks.Noticed each : talks.end("bridge, " + how)) {
                if (each.name().startsWith("tcp")) {
                    assertThat(each.lost()).as(each.name()).isZero();
                }
                assertThat(each.silence()).as(each.name()).isLessThan(8000);
            }
        }
    }
}
