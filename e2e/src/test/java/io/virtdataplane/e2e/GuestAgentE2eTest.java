package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The addresses of a guest, by DHCP, from the wire, and by its real agent. */
@RootTest
@Timeout(120)
class GuestAgentE2eTest {
    private final Lab lab = new Lab();
    private final Path socket = lab.shell.directory().resolve("agent.sock");

    @AfterEach
    void close() {
        lab.close();
    }

    /** In the guest's namespace, as a guest's own would be. */
    private Process startAgent() {
        Process agent =
                lab.startIn(
                        lab.guest,
                        "qemu-ga",
                        "-m",
                        "unix-listen",
                        "-p",
                        socket.toString(),
                        "-t",
                        lab.shell.directory().toString(),
                        "-f",
                        lab.shell.directory().resolve("qemu-ga.pid").toString());
        Wait.until("the agent", 10, () -> socket.toFile().exists(), exists -> exists);
        return agent;
    }

    private String await(String what, Predicate<String> holds, String... command) {
        return Wait.until(what, 40, () -> lab.mustClient(command), holds);
    }

    @Test
    void addressesOfAGuestAreShownWithTheirSources() throws InterruptedException {
        lab.daemon().makeDevice().configureGuest();
        lab.shell.sh(
                """
                ip -n %1$s addr add 192.0.2.77/32 dev eth0
                ip -n %1$s link add br0 address $(ip -n %1$s -br link show eth0 | awk "{print \\$3}") type bridge
                ip -n %1$s link add br9 type bridge
                ip -n %1$s addr add 192.168.50.1/24 dev br9
                ip -n %1$s link set br9 up
                """
                        .formatted(lab.guest));
        Process agent = startAgent();
        lab.attachMade(Lab.CHAPTER, "--guest-agent", socket.toString());
        lab.mustIn(lab.guest, "ping -c 1 -W 5 10.0.2.1; ping -c 1 -W 5 fd10:0:2::1");
        String nic =
                await(
                        "what the agent says",
                        said -> said.contains("192.0.2.77/32: agent "),
                        "describe",
                        "nic",
                        "vm");
        assertThat(nic)
                .containsPattern("Address: +10.244.1.5/24: pod\n")
                .containsPattern("Address: +fd00:10:244::5/64: pod\n")
                .containsPattern("10.0.2.2/24: observed \\d+s ago, agent \\d+s ago\n")
                .containsPattern("fd10:0:2::2/120: observed \\d+s ago, agent \\d+s ago\n")
                .containsPattern("Guest agent: +" + socket + ", answered \\d+s ago\n");
        String mac = lab.mustIn(lab.guest, "cat /sys/class/net/eth0/address").strip();
        assertThat(lab.mustClient("describe", "machine", "vm"))
                .startsWith(
                        """
                        Name:  vm
                        Interfaces:
                           Interface Name:  eth0
                           Ip Address:      10.244.1.5/24
                           Ip Addresses:
                             10.244.1.5/24
                             fd00:10:244::5/64
                           Mac:             %s
                           Name:            default
                           Interface Name:  br9
                           Ip Address:      192.168.50.1/24
                           Ip Addresses:
                             192.168.50.1/24
                        """
                                .formatted(mac));
        assertThat(lab.mustClient("get", "nics", "-o", "yaml"))
                .contains(
                        """
                          status:
                            interfaces:
                            - ipAddress: 10.244.1.5
                              ipAddresses:
                              - 10.244.1.5
                              - fd00:10:244::5
                        """)
                .contains("infoSource: \"domain, guest-agent\"")
                .contains("interfaceName: br9");
        agent.destroy();
        agent.waitFor();
        String events =
                await("the event", said -> said.contains("does not answer at " + socket), "events");
        assertThat(events).contains("answers at " + socket);
        assertThat(lab.mustClient("describe", "nic", "vm"))
                .containsPattern("Guest agent: +" + socket + ", does not answer: ");
        assertThat(lab.mustClient("describe", "vmi", "vm"))
                .as("what the data plane knows stays")
                .contains("Ip Address:      10.244.1.5/24");
    }

    @Test
    void whereNoAgentIsAskedDhcpAndTheWireTell() {
        lab.daemon().attachTap(Lab.CHAPTER);
        lab.mustIn(lab.guest, "busybox udhcpc -f -q -n -i eth0 -s /bin/true");
        String described =
                await(
                        "the kernel's own solicitations",
                        said -> said.contains(": observed"),
                        "describe",
                        "nic",
                        "vm");
        assertThat(described)
                .containsPattern("Address: +10.0.2.2/24: lease \\d+s ago\n")
                .containsPattern("Address: +fe80::[0-9a-f:]+: observed \\d+s ago\n")
                .doesNotContain("agent");
        assertThat(lab.mustClient("describe", "vmi", "vm"))
                .contains("Ip Address:      10.244.1.5/24")
                .doesNotContain("Interface Name");
        assertThat(lab.client("describe", "vmi", "none").out())
                .contains("no such machine: name=none");
    }

    @Test
    void addressesOfANicOnABridgeAreSeenOnTheWire() {
        try (BridgeLab bridge = new BridgeLab()) {
            String keys = "\"vlan\": 100, \"macspoofchk\": true";
            bridge.bridges().apply(BridgeLab.network("vlan100", keys));
            String guest = bridge.guest("one", "vlan100", "10.100.0.1/24");
            bridge.lab.mustIn(
                    guest,
                    """
                    ip addr add 10.100.0.77/24 dev eth1
                    ping -c 1 -W 5 10.100.0.9
                    ip neigh flush dev eth1
                    ping -c 1 -W 5 -I 10.100.0.77 10.100.0.9
                    """);
            assertThat(bridge.lab.mustClient("describe", "vmi", "one"))
                    .startsWith(
                            """
                            Name:  one
                            Interfaces:
                               Ip Address:      10.100.0.1
                               Ip Addresses:
                                 10.100.0.1
                                 10.100.0.77
                            """)
                    .endsWith(
                            """
                               Mac:             %s
                               Name:            bridge-net
                            """
                                    .formatted(bridge.mac(guest)));
        }
    }
}
