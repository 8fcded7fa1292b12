package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bridge networks by the documentation's manifests. */
@RootTest
@Timeout(300)
class BridgeE2eTest {
    private static final String VLAN100 =
            BridgeLab.network(
                    "vlan100",
                    "\"macspoofchk\": true, \"vlan\": 100, \"preserveDefaultVlan\": false");
    private static final String VLAN200 =
            BridgeLab.network("vlan200", "\"macspoofchk\": true, \"vlan\": 200");
    private static final String PING = "ping -q -c 3 -i 0.2 -W 2 ";
    private static final String FORGE =
            """
            import socket, struct, sys
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            s.bind(('eth1', 0))
            mac = bytes.fromhex(open('/sys/class/net/eth1/address').read().strip().replace(':', ''))
            evil = bytes.fromhex('0200deadbeef')
            def arp(src, sha): return b'\\xff' * 6 + src + bytes.fromhex('08060001080006040001') + sha + bytes([10, 100, 0, 66]) + bytes(6) + bytes([10, 100, 0, 9]) + bytes(18)
            def total(data):
                n = sum(struct.unpack('!%dH' % (len(data) // 2), data))
                n = (n & 0xffff) + (n >> 16)
                return ~(n + (n >> 16)) & 0xffff
            def advertisement(lladdr):
                src = socket.inet_pton(socket.AF_INET6, 'fe80::66')
                dst = socket.inet_pton(socket.AF_INET6, 'ff02::1')
                icmp = bytes.fromhex('8800000020000000') + src + b'\\x02\\x01' + lladdr
                icmp = icmp[:2] + struct.pack('!H', total(src + dst + struct.pack('!IHBB', len(icmp), 0, 0, 58) + icmp)) + icmp[4:]
                return bytes.fromhex('333300000001') + mac + bytes.fromhex('86dd60000000') + struct.pack('!HBB', len(icmp), 58, 255) + src + dst + icmp
            for i in range(10):
                s.send(arp(evil, evil))
                s.send(arp(mac, evil))
                s.send(advertisement(evil))
            """;
    private final BridgeLab bridge = new BridgeLab();
    private final Lab lab = bridge.lab;

    @AfterEach
    void close() {
        bridge.close();
    }

    @Test
    void guestsOfOneVlanReachEachOtherAndATaggedHostAndNoOther() throws IOException {
        bridge.bridges();
        assertThat(bridge.apply(VLAN100 + "---\n" + VLAN200))
                .contains("network-attachment-definition.k8s.cni.cncf.io/default/vlan100 created");
        String one = bridge.guest("one", "vlan100", "10.100.0.1/24");
        bridge.guest("two", "default/vlan100", "10.100.0.2/24");
        String three = bridge.guest("three", "vlan200", "10.100.0.3/24");
        Watch wire = new Watch(lab, bridge.node, "-ei sw0 vlan 100 and icmp");
        assertThat(lab.mustIn(one, PING + "10.100.0.2")).contains(" 0% packet loss");
        assertThat(lab.mustIn(one, PING + "10.100.0.9")).contains(" 0% packet loss");
        assertThat(lab.in(one, PING + "10.100.0.3").out()).contains("100% packet loss");
        assertThat(lab.in(three, PING + "10.100.0.9").out()).contains("100% packet loss");
        assertThat(wire.until("10.100.0.1 > 10.100.0.9: ICMP echo request").end())
                .as("tagged on the wire")
                .contains("vlan 100");

        assertThat(lab.mustClient("get", "vlans", "br1"))
                .containsPattern("br1/eth1 +1 +1 +2-4094")
                .containsPattern("one/bridge-net +100 +100 +<none>")
                .containsPattern("three/bridge-net +200 +1,200 +<none>");
        assertThat(lab.mustClient("get", "fdb", "br1"))
                .containsPattern("br1 +100 +" + bridge.mac(one) + " +one/bridge-net +dynamic");
        assertThat(lab.mustClient("get", "bridges")).containsPattern("br1 +on +eth1 +3");
        assertThat(lab.mustClient("describe", "bridge", "br1"))
                .contains("Linux bridge with eth1 as a port")
                .contains("VLAN 100:");
        assertThat(lab.mustClient("get", "policies"))
                .containsPattern(
                        "br1-eth1-policy +Available +SuccessfullyConfigured +successfully reconciled");
        assertThat(lab.mustClient("get", "networks")).containsPattern("default +vlan100 +br1 +100");
        assertThat(lab.mustClient("get", "nics", "-o", "json")).contains("\"bridge\": \"br1\"");
        largeTransfersCrossUnsegmented(one);
    }

    private void largeTransfersCrossUnsegmented(String guest) throws IOException {
        Path directory = Files.createDirectory(lab.shell.directory().resolve("big"));
        Path file = directory.resolve("file");
        lab.shell.sh("head -c 100M /dev/urandom > " + file);
        lab.httpd(bridge.host, 8080, directory);
        assertThat(lab.mustIn(guest, "curl -sS -m 60 http://10.100.0.9:8080/file | sha256sum"))
                .isEqualTo(lab.shell.sh("sha256sum < " + file));
        String counters = lab.mustClient("get", "counters", "one");
        long bytes = number(counters, "to_guest_bytes");
        long frames = number(counters, "to_guest_frames");
        assertThat(bytes / frames).as("bytes a frame, tag taken out").isGreaterThan(3000);
        assertThat(counters).doesNotContain("drop_too_big");
    }

    private static long number(String counters, String name) {
        return Long.parseLong(counters.replaceFirst("(?s).*" + name + " +(\\d+).*", "$1"));
    }

    @Test
    void whatAGuestForgesIsDroppedCountedAndNeverLearned() throws IOException {
        bridge.bridges().apply(VLAN100);
        String one = bridge.guest("one", "vlan100", "10.100.0.1/24", "--spoof-guard", "strict");
        bridge.guest("two", "vlan100", "10.100.0.2/24");
        Path script = Files.writeString(lab.shell.directory().resolve("forge.py"), FORGE);
        lab.mustIn(one, "python3 " + script);
        String counted =
                Wait.until(
                        "the last of its frames",
                        10,
                        () -> lab.mustClient("get", "counters", "one"),
                        counters -> counters.matches("(?s).*drop_spoofed_nd +10.*"));
        assertThat(counted)
                .containsPattern("drop_spoofed_mac +10")
                .containsPattern("drop_spoofed_arp +10");
        assertThat(lab.mustClient("get", "fdb")).doesNotContain("02:00:de:ad:be:ef");
        assertThat(lab.in(bridge.host, "ip neigh show").out()).doesNotContain("de:ad:be:ef");
        assertThat(lab.mustIn(one, PING + "10.100.0.9")).contains(" 0% packet loss");
        assertThat(lab.mustClient("events")).contains("FirstDrop").contains("drop_spoofed_arp");
        assertThat(
                        lab.mustClient(
                                "trace",
                                "one",
                                "--hex",
                                "ffffffffffff0200deadbeef0800" + "00".repeat(46)))
                .contains("=> drop_spoofed_mac");
    }

    @Test
    void aNetworkThatAsksForItHasADhcpServerAndAStationIsAnnounced() throws IOException {
        String asking =
                VLAN100.replace(
                        "  annotations:",
                        """
                          annotations:
                            dhcp.virtdataplane.io/server: 10.100.0.254/24
                            dhcp.virtdataplane.io/range: 10.100.0.50-10.100.0.59
                            dhcp.virtdataplane.io/name-servers: 10.100.0.9
                            dhcp.virtdataplane.io/search: lab.test
                            dhcp.virtdataplane.io/routes: 192.0.2.0/24 via 10.100.0.9
                        """
                                .stripTrailing());
        bridge.bridges().apply(asking);
        String one = bridge.guest("one", "vlan100", "169.254.9.1/16", "--spoof-guard", "strict");
        String two = bridge.guest("two", "vlan100", "169.254.9.2/16");
        Path script = lab.shell.directory().resolve("udhcpc.sh");
        Files.writeString(
                script,
                """
                #!/bin/sh
                [ "$1" = bound ] || exit 0
                ip addr add "$ip/$mask" dev "$interface"
                echo "LEASE $ip/$mask router=$router dns=$dns search=$search routes=$staticroutes"
                """);
        assertThat(script.toFile().setExecutable(true)).isTrue();
        String client =
                "busybox udhcpc -i eth1 -n -q -t 5 -T 1 -O search -O staticroutes -s " + script;
        String first = lab.mustIn(one, client);
        assertThat(first)
                .containsPattern("LEASE 10.100.0.5\\d/24 router= dns=10.100.0.9 search=lab.test")
                .contains("routes=192.0.2.0/24 10.100.0.9");
        String second = lab.mustIn(two, client);
        assertThat(address(second)).isNotEqualTo(address(first));
        assertThat(lab.mustIn(one, client)).as("the same again").contains(address(first));
        assertThat(
                        lab.mustIn(
                                bridge.host,
                                client.replace("eth1", "eth0")
                                        .replace(script.toString(), "/bin/true")))
                .as("a host behind the uplink")
                .contains("lease of 10.100.0.5");
        assertThat(lab.mustIn(one, PING + "10.100.0.254")).contains(" 0% packet loss");
        assertThat(lab.mustIn(one, PING + address(second))).contains(" 0% packet loss");
        assertThat(lab.mustClient("get", "leases"))
                .containsPattern("one/bridge-net +" + address(first))
                .containsPattern("two/bridge-net +" + address(second));
        assertThat(lab.mustClient("describe", "bridge", "br1"))
                .as("the strict guard has seen it")
                .containsPattern("Address: +" + address(first));
        lab.mustIn(one, "ip addr add 10.100.0.77/24 dev eth1");
        assertThat(lab.in(one, "ping -c1 -W1 -I 10.100.0.77 10.100.0.9").ok()).isFalse();

        Watch wire = new Watch(lab, bridge.node, "-ei sw0 vlan 100 and rarp");
        lab.mustClient("announce", "one");
        wire.until("who-is " + bridge.mac(one)).end();
        assertThat(
                        lab.client(
                                        "apply",
                                        "-f",
                                        bridge.file(
                                                        asking.replace(
                                                                        "name: vlan100",
                                                                        "name: other")
                                                                .replace(
                                                                        "\"vlan100\"", "\"other\""))
                                                .toString())
                                .out())
                .contains(
                        "a VLAN of a bridge must have at most one DHCP server: name=default/other other=default/vlan100");
    }

    private static String address(String said) {
        return said.replaceFirst("(?s).*LEASE (10\\.100\\.0\\.\\d+)/.*", "$1");
    }

    @Test
    void aPolicyThatCutsTheNodeFromItsGatewayIsRolledBack() {
        String cut =
                BridgeLab.POLICY
                        .replace("br1-eth1-policy", "cut")
                        .replace("name: br1", "name: br9")
                        .replace("- name: eth1", "- name: eth0");
        Shell.Result result =
                lab.client("apply", "-f", bridge.file(cut).toString(), "--probe-seconds", "3");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.out())
                .contains(
                        "cut failed: rolling back desired state configuration: default gateway must answer again, as it did before: gateway=192.0.2.1 seconds=3");
        assertThat(lab.mustIn(bridge.node, PING + "192.0.2.1")).contains(" 0% packet loss");
        assertThat(lab.mustClient("get", "policies"))
                .containsPattern("cut +Degraded +FailedToConfigure");
        assertThat(lab.mustClient("get", "bridges")).doesNotContain("br9");
        assertThat(lab.mustClient("get", "policies", "-o", "json"))
                .contains("\"type\": \"Failing\"");

        assertThat(bridge.apply(cut, "--probe-seconds", "3", "--uplinks", "share"))
                .as("the node's kernel keeps its NIC")
                .contains("cut configured");
        assertThat(lab.mustIn(bridge.node, PING + "192.0.2.1")).contains(" 0% packet loss");
        assertThat(lab.mustClient("get", "bridges")).containsPattern("br9 +on +eth0");
        bridge.apply(cut.replace("state: up", "state: absent"));
        assertThat(lab.mustClient("get", "bridges")).doesNotContain("br9");
    }

    @Test
    void theNodeHasAPortAndALinuxBridgeIsReachedThroughAVeth() {
        // A Linux bridge with a host on it, as a node has before it moves over NIC by NIC.
        lab.shell.sh(
                """
                ip -n %1$s link add old type bridge
                ip -n %1$s link add veth0 type veth peer name veth1
                for d in h0 veth0; do ip -n %1$s link set $d master old; done
                for d in old veth0 veth1; do ip -n %1$s link set $d up; done
                """
                        .formatted(bridge.node));
        bridge.apply(
                BridgeLab.POLICY.replace("- name: eth1", "- name: veth1")
                        + "---\n"
                        + BridgeLab.network("plain", "\"macspoofchk\": true"),
                "--host-port");
        String one = bridge.guest("one", "plain", "10.100.0.1/24");
        assertThat(lab.mustIn(one, PING + "10.100.0.9")).contains(" 0% packet loss");
        lab.mustIn(bridge.node, "ip addr add 10.100.0.200/24 dev br1");
        assertThat(lab.mustIn(one, PING + "10.100.0.200")).contains(" 0% packet loss");
        assertThat(lab.mustIn(bridge.node, "ip link show br1")).contains("state");
        assertThat(lab.mustClient("describe", "bridge", "br1")).contains("br1/br1 (host)");
    }

    @Test
    void bridgesAndGuestsAreTakenUpAfterAKill() throws IOException {
        bridge.bridges().apply(VLAN100);
        String one = bridge.guest("one", "vlan100", "10.100.0.1/24");
        assertThat(lab.mustIn(one, PING + "10.100.0.9")).contains(" 0% packet loss");
        lab.killDaemon();
        lab.daemonIn(bridge.node);
        assertThat(lab.mustIn(one, PING + "10.100.0.9")).contains(" 0% packet loss");
        assertThat(lab.mustClient("get", "policies")).contains("br1-eth1-policy");
        assertThat(lab.client("delete", "net-attach-def", "vlan100").out())
                .contains("must not be in use by NICs");
        assertThat(
                        lab.client(
                                        "apply",
                                        "-f",
                                        bridge.file(
                                                        BridgeLab.POLICY.replace(
                                                                "state: up", "state: absent"))
                                                .toString())
                                .out())
                .contains(
                        "bridge must have no guests before it is removed: bridge=br1 guests=one/bridge-net");
        lab.mustClient("detach", "one");
        lab.mustClient("delete", "net-attach-def", "vlan100");
        assertThat(lab.mustClient("get", "networks")).doesNotContain("vlan100");
        assertThat(lab.in(one, "ping -c1 -W1 10.100.0.9").ok()).isFalse();
    }

    @Test
    void stationsAreSetByHandAndWrongRequestsAreRefusedWhole() {
        bridge.bridges();
        lab.mustClient(
                "fdb", "br1", "02:00:00:00:00:77", "--port", "br1/eth1", "--vlan", "5", "--sticky");
        assertThat(lab.mustClient("get", "fdb"))
                .containsPattern("br1 +5 +02:00:00:00:00:77 +br1/eth1 +sticky");
        lab.mustClient("fdb", "br1", "02:00:00:00:00:77", "--remove", "--vlan", "5");
        assertThat(lab.mustClient("get", "fdb")).doesNotContain("00:77");
        String[][] wrong = {
            {VLAN100.replace("100,", "4095,"), "invalid VLAN ID 4095"},
            {VLAN100.replace("\"vlan\": 100", "\"ipam\": {\"type\": \"host-local\"}"), "ipam"},
            {BridgeLab.POLICY.replace("port:", "prot:"), "is not a known field: nearest=port"},
            {
                BridgeLab.POLICY.replace("- name: eth1", "- name: nodev"),
                "device must exist in its namespace: dev=nodev"
            },
            {BridgeLab.POLICY + "---\nkind: VirtualMachin\n", "document 2: kind must be"},
            {BridgeLab.POLICY.replaceFirst("(stp:\\s+enabled: )false", "$1true"), "stp"},
        };
        String before = lab.mustClient("get", "vlans");
        for (String[] one : wrong) {
            Shell.Result result = lab.client("apply", "-f", bridge.file(one[0]).toString());
            assertThat(result.code()).as(one[1]).isEqualTo(1);
            assertThat(result.out()).contains(one[1]);
        }
        assertThat(lab.mustClient("get", "vlans")).as("nothing has changed").isEqualTo(before);
        assertThat(
                        lab.client(
                                        "attach",
                                        "-f",
                                        bridge.file(BridgeLab.machine("x", "nowhere")).toString(),
                                        "--netns",
                                        lab.pod,
                                        "--interface",
                                        "bridge-net")
                                .out())
                .contains(
                        "no such NetworkAttachmentDefinition: name=default/nowhere; apply its manifest first");
        assertThat(
                        lab.client(
                                        "apply",
                                        "-f",
                                        bridge.file(BridgeLab.machine("x", "y")).toString())
                                .out())
                .contains("VirtualMachine default/x is left: use attach");
    }
}
