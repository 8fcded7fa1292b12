package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The same frames into a Linux bridge that filters VLANs, in a QEMU guest since many a kernel here
 * has no such bridge, and into ours: what leaves by which port is the same, frame for frame.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(600)
class BridgeVlanComparisonE2eTest {
    private static final int TEST_SECONDS = 300;
    private static final int ANY_FRAMES = 300;
    private static final int ANY_FRAMES_AFTER_CHANGE = 200;
    private static final Path REPLAY = Path.of("src/test/guest/replay.py").toAbsolutePath();
    private final Lab lab = new Lab();
    private final TestGuest guest = new TestGuest(lab.shell);
    private final String node = lab.out.replace("-out", "-node");
    private final String hosts = lab.out.replace("-out", "-hst");
    private final int ports = VlanCases.PORTS.size();

    @AfterEach
    void close() {
        lab.shell.run("ip", "netns", "del", node);
        lab.shell.run("ip", "netns", "del", hosts);
        lab.close();
    }

    @Test
    void whatLeavesIsWhatLeavesALinuxBridgeThatFiltersVlans() throws IOException {
        Shell.Result built = guest.build();
        if (built.code() == TestGuest.NO_SUCH_KERNEL) {
            System.out.println("NOT RUN: BridgeVlanComparisonE2eTest: " + built.out().strip());
        }
        assumeTrue(built.code() != TestGuest.NO_SUCH_KERNEL, built.out());
        assertThat(built.code()).as(built.out()).isZero();
        Path files = Files.createDirectory(lab.shell.directory().resolve("overlay"));
        List<String> before = VlanCases.cases();
        VlanCases.addAny(before, ANY_FRAMES, 20261124);
        List<String> after = new ArrayList<>();
        VlanCases.addAny(after, ANY_FRAMES_AFTER_CHANGE, 20261125);
        Files.write(files.resolve("before"), before);
        Files.write(files.resolve("after"), after);
        Files.copy(REPLAY, files.resolve("replay.py"));
        Files.writeString(files.resolve("test.sh"), script());

        guest.boot(
                files,
                List.of(),
                command -> lab.shell.start(lab.shell.directory().resolve("qemu.log"), command));
        String said = guest.await("GUEST-DONE", TEST_SECONDS).replace("\r", "");
        List<String> kernels =
                said.lines()
                        .filter(line -> line.startsWith("SAYS "))
                        .map(line -> line.substring(5))
                        .toList();
        assertThat(kernels).as(said).hasSize(before.size() + after.size());
        for (int i = 0; i < VlanCases.CASES.size(); i++) {
            VlanCases.Case one = VlanCases.CASES.get(i);
            assertThat(VlanCases.leaves(kernels.get(i)))
                    .as("Linux: " + one.name())
                    .isEqualTo(one.leaves());
        }
        assertThat(ours(files)).containsExactlyElementsOf(kernels);
    }

    /**
     * What the guest does: a bridge and its neighbours h0, h1 and so on, frames, changes, frames.
     */
    private String script() {
        StringBuilder script =
                new StringBuilder(
                        """
                        set -e
                        sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
                        /bin/ip-real link add name sw0 type bridge vlan_filtering 1
                        /bin/ip-real link set sw0 up
                        """);
        StringBuilder change = new StringBuilder();
        for (int i = 0; i < ports; i++) {
            script.append(
                    """
                    /bin/ip-real link add p%1$d type veth peer name h%1$d
                    /bin/ip-real link set p%1$d master sw0 up
                    /bin/ip-real link set h%1$d up
                    %2$s"""
                            .formatted(i, VlanCases.PORTS.get(i).commands("p" + i, VlanPort.NEW)));
            change.append(VlanCases.CHANGED.get(i).commands("p" + i, VlanCases.PORTS.get(i)));
        }
        String replay = "python3 -I -S /replay.py " + ports + " /%s | sed 's/^/SAYS /'\n";
        String forwarding =
                "until [ $(cat /sys/class/net/p*/brport/state | grep -c 3) = %d ]; do sleep 1; done\n"
                        .formatted(ports);
        return script
                + forwarding
                + replay.formatted("before")
                + change
                + replay.formatted("after");
    }

    private List<String> ours(Path files) {
        StringBuilder links =
                new StringBuilder(
                        """
                        for n in %1$s %2$s; do
                          ip netns add $n
                          ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
                        done
                        """
                                .formatted(node, hosts));
        for (int i = 0; i < ports; i++) {
            links.append(
                    """
                    ip link add p%1$d netns %2$s type veth peer name h%1$d netns %3$s
                    ip -n %2$s link set p%1$d up
                    ip -n %3$s link set h%1$d up
                    """
                            .formatted(i, node, hosts));
        }
        lab.shell.sh(links.toString());
        String replay = "/usr/bin/python3 -I -S " + REPLAY + " " + ports + " " + files + "/";
        try (OwnBridge bridge = new OwnBridge(node, VlanCases.PORTS)) {
            List<String> lines =
                    new ArrayList<>(lab.mustIn(hosts, replay + "before").lines().toList());
            bridge.change(VlanCases.CHANGED);
            lines.addAll(lab.mustIn(hosts, replay + "after").lines().toList());
            return lines;
        }
    }
}
