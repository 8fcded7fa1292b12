package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The unit as it is installed, in a booted systemd over this machine's files: that what it may do
 * is little, and that all it has to do goes with that. At the end nothing is left of it.
 */
@RootTest
@Timeout(180)
class SystemdE2eTest {
    private static final Path TOP = Path.of("..").toAbsolutePath().normalize();
    private static final double MOST_EXPOSURE = 3.0;

    /** A pod and a guest whose namespaces are made when the daemon runs already. */
    private static final String POD =
            """
            ip netns add pod1
            ip netns add guest1
            ip link add eth0 netns pod1 type veth peer name out1
            ip addr add 10.244.1.1/24 dev out1
            ip link set out1 up
            ip -n pod1 addr add 10.244.1.5/24 dev eth0
            ip -n pod1 link set eth0 up
            ip -n pod1 link set lo up
            ip -n pod1 route add default via 10.244.1.1
            ip link add eth0 netns guest1 type veth peer name tap0 netns pod1
            ip -n pod1 link set tap0 up
            ip -n guest1 link set eth0 up
            ip -n guest1 addr add 10.0.2.2/24 dev eth0
            ip -n guest1 route add default via 10.0.2.1
            ip link add up0 type veth peer name up1
            ip link set up0 up
            ip addr add 192.0.2.2/24 dev up0
            ip route add default via 192.0.2.1 dev up0
            """;

    private static final String SERVICE =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec:
              selector: {app: web}
              ports: [{port: 80}]
            """;

    @TempDir Path directory;
    private Shell shell;
    private BootedSystem booted;

    @BeforeEach
    void boot() throws IOException {
        BootedSystem.assume();
        shell = new Shell(directory);
        Path layer = Files.createDirectory(directory.resolve("layer"));
        shell.sh("DESTDIR=%s %s".formatted(layer, TOP.resolve("systemd/install")));
        booted = BootedSystem.boot(shell, layer);
    }

    @AfterEach
    void close() {
        if (shell != null) {
            shell.close();
        }
    }

    private String inside(String script) {
        return booted.inside(script);
    }

    private double exposure() {
        String said = inside("systemd-analyze security virt-dataplane --no-pager | tail -n 1");
        Matcher number = Pattern.compile("level for .*: ([0-9.]+)").matcher(said);
        assertThat(number.find()).as(said).isTrue();
        return Double.parseDouble(number.group(1));
    }

    @Test
    void littleIsAllowedAndAllGoes() {
        inside("systemctl daemon-reload; systemd-sysusers virt-dataplane.conf");
        inside("systemctl start virt-dataplane");
        booted.awaitActive();
        double exposure = exposure();
        System.out.println("exposure: " + exposure + ", asked " + MOST_EXPOSURE);
        assertThat(exposure).isLessThanOrEqualTo(MOST_EXPOSURE);
        assertThat(inside("ps -o user:20= -p $(systemctl show -P MainPID virt-dataplane)").strip())
                .isEqualTo("virt-dataplane");

        inside(POD);
        String machine = booted.write("vm.yaml", Lab.CHAPTER);
        inside("virt-dataplane attach -f " + machine + " --netns pod1 --guest dev:tap0");
        String ping = "ip netns exec guest1 ping -qc1 -W5 10.244.1.1";
        inside(ping);
        assertThat(inside("virt-dataplane describe nic vm")).containsPattern("Fast path: +on");
        inside("virt-dataplane apply -f " + booted.write("service.yaml", SERVICE));
        assertThat(inside("virt-dataplane events"))
                .contains("devices=up0")
                .doesNotContain("NodeServicesFailed");
        String mounted =
                inside(
                        "nsenter -m -t $(systemctl show -P MainPID virt-dataplane) sh -c 'findmnt -no TARGET,OPTIONS -T /sys/devices; findmnt -no TARGET,OPTIONS -T /sys/kernel; findmnt -no TARGET,OPTIONS -T /usr'");
        assertThat(mounted)
                .containsPattern("/sys/devices +rw")
                .containsPattern("/sys +ro")
                .containsPattern("/ +ro");

        inside("systemctl restart virt-dataplane");
        booted.awaitActive();
        inside(ping);
        inside("systemctl kill -s KILL virt-dataplane");
        booted.awaitEvents("TakenOver", 2);
        inside(ping);
        assertThat(inside("journalctl -u virt-dataplane -o cat --no-pager"))
                .contains("programs=kept")
                .doesNotContain("EPERM")
                .doesNotContain("Read-only")
                .doesNotContain("not permitted");

        inside("systemctl stop virt-dataplane");
        assertThat(inside("ip -n pod1 -br link")).contains("vdp-");
        inside("/usr/lib/virt-dataplane/bin/purge");
        assertThat(inside("ip -n pod1 -br link; ip -br link")).doesNotContain("vdp-");
        assertThat(
                        inside(
                                        "find /sys/fs/bpf/virt-dataplane /var/lib/virt-dataplane /run/virt-dataplane 2> /dev/null | wc -l")
                                .strip())
                .isEqualTo("0");
    }

    /** However often it has failed: somebody mends the file, and that is all. */
    @Test
    void itComesBackByItselfWhenItsConfigurationIsMended() {
        inside("systemctl daemon-reload; systemd-sysusers virt-dataplane.conf");
        inside("echo 'workers: none' > /etc/virt-dataplane/config.yaml");
        inside("systemctl start virt-dataplane || true");
        Wait.until(
                "two restarts",
                40,
                () -> inside("systemctl show -P NRestarts virt-dataplane").strip(),
                restarts -> Integer.parseInt(restarts) >= 2);
        assertThat(inside("journalctl -u virt-dataplane -o cat --no-pager"))
                .contains("virt-dataplane: ");
        inside("rm /etc/virt-dataplane/config.yaml");
        booted.awaitActive();
        inside(
                """
                for i in $(seq 6); do
                  systemctl kill -s KILL virt-dataplane
                  until [ "$(systemctl show -P ActiveState virt-dataplane)" != active ]; do sleep 0.05; done
                  until [ "$(systemctl show -P SubState virt-dataplane)" = start ]; do sleep 0.05; done
                done
                """);
        booted.awaitActive();
    }
}
