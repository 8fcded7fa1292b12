package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The DHCP clients that guests have, through their states. All that passes is captured, and
 * Wireshark's dissectors find nothing wrong with it.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(300)
class DhcpClientsE2eTest {
    private static final String NAMES = "search default.svc.cluster.local svc.cluster.local";
    private static final String SERVER = "nameserver 203.0.113.7";
    private static final String FOREIGN_LEASE =
            """
            lease {
              interface "eth0";
              fixed-address 192.168.77.5;
              option subnet-mask 255.255.255.0;
              option dhcp-lease-time 60000;
              option dhcp-server-identifier 192.168.77.1;
              renew never; rebind never; expire never;
            }
            """;
    private final Lab lab = new Lab();
    private final Path pcap = lab.shell.directory().resolve("guest.pcap");
    private Watch watch;

    @BeforeEach
    void attach() {
        lab.daemon().attachDevice(Lab.CHAPTER);
        watch = new Watch(lab, lab.guest, "-Ui eth0 -w " + pcap);
    }

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void dhclientIsRefusedAForeignAddressAndTakesItsOwn() throws IOException {
        Path script =
                script(
                        "dhclient-script",
                        """
                        echo "$reason $new_ip_address"
                        case $reason in
                          BOUND) { echo "search $new_domain_search"
                                   for s in $new_domain_name_servers; do echo "nameserver $s"; done; } > /etc/resolv.conf ;;
                        esac
                        exit 0
                        """);
        Path leases = Files.writeString(lab.shell.directory().resolve("leases"), FOREIGN_LEASE);
        String client = "timeout 60 dhclient -v -sf %s -pf %s.pid -lf %2$s eth0 2>&1";
        String said = lab.mustIn(lab.guest, client.formatted(script, leases) + " -1");
        assertThat(said)
                .contains("DHCPREQUEST for 192.168.77.5")
                .contains("DHCPNAK from 10.0.2.1")
                .contains("DHCPACK of 10.0.2.2 from 10.0.2.1")
                .contains("BOUND 10.0.2.2");
        assertThat(resolvConf())
                .contains("search default.svc.cluster.local. svc.cluster.local.")
                .contains(SERVER);
        lab.mustIn(lab.guest, "ip addr add 10.0.2.2/24 dev eth0");
        Wait.untilIn(Path.of(leases + ".pid"), "\n", 10); // else the next would not end this one
        assertThat(lab.mustIn(lab.guest, client.formatted(script, leases) + " -r"))
                .contains("DHCPRELEASE of 10.0.2.2");
        awaitReleased();
        assertNothingWrong();
    }

    @Test
    void dhcpcdRenewsRebindsAndReleases() throws IOException {
        Path log = lab.shell.directory().resolve("dhcpcd.log");
        lab.startIn(
                lab.guest,
                "bash",
                "-c",
                "exec dhcpcd -B -4 -d --noipv4ll eth0 > %s 2>&1".formatted(log));
        awaitLeased(log, 1);
        assertThat(resolvConf()).contains(NAMES).contains(SERVER); // by its hook
        lab.mustIn(lab.guest, "dhcpcd -4 -N eth0");
        awaitLeased(log, 2);
        assertThat(Files.readString(log)).contains("renewing lease of 10.0.2.2");
        lab.mustIn(lab.guest, "dhcpcd -4 -n eth0");
        awaitLeased(log, 3);
        assertThat(Files.readString(log)).contains("rebinding lease of 10.0.2.2");
        assertThat(lab.mustClient("get", "leases")).contains("10.0.2.2");
        lab.mustIn(lab.guest, "dhcpcd -4 -k eth0; rm -f /var/lib/dhcpcd/eth0.lease");
        awaitIn(log, "sending RELEASE", 1);
        awaitReleased();
        assertNothingWrong();
    }

    @Test
    void udhcpcRenewsReleasesAndComesBack() throws IOException {
        Path script =
                script(
                        "udhcpc-script",
                        """
                        case $1 in
                          bound | renew)
                            ip addr replace "$ip/$mask" dev "$interface"
                            { echo "search $search"; for s in $dns; do echo "nameserver $s"; done; } > /etc/resolv.conf ;;
                          deconfig) ip -4 addr flush dev "$interface" ;;
                        esac
                        echo "EVENT $1 $ip" # once it is done
                        """);
        Path log = lab.shell.directory().resolve("udhcpc.log");
        Path pid = lab.shell.directory().resolve("udhcpc.pid");
        lab.startIn(
                lab.guest,
                "bash",
                "-c",
                "exec busybox udhcpc -f -R -i eth0 -O search -r 192.168.77.5 -p %s -s %s > %s 2>&1"
                        .formatted(pid, script, log));
        awaitIn(log, "EVENT bound 10.0.2.2", 1);
        assertThat(resolvConf()).contains(NAMES).contains(SERVER);
        lab.mustIn(lab.guest, "kill -USR1 $(cat %s)".formatted(pid));
        awaitIn(log, "EVENT renew 10.0.2.2", 1);
        lab.mustIn(lab.guest, "kill -USR2 $(cat %s)".formatted(pid));
        awaitIn(log, "entering released state", 1);
        awaitReleased();
        lab.mustIn(lab.guest, "kill -USR1 $(cat %s)".formatted(pid));
        awaitIn(log, "EVENT bound 10.0.2.2", 2);
        assertNothingWrong();
    }

    /**
     * In mount namespaces of their own, so that nothing of the machine's configuration is touched.
     */
    @Test
    void systemdNetworkdHasBothFamiliesWithDhcpYes() throws IOException {
        Path script =
                script(
                        "networkd",
                        """
                        set -e
                        mount --make-rprivate /
                        mount -t tmpfs tmpfs /run
                        mount -o remount,ro /sys # networkd waits for udev otherwise
                        mkdir -p /run/systemd/network /run/systemd/netif/{links,leases,lldp}
                        chown -R systemd-network: /run/systemd/netif
                        printf '[Match]\\nName=eth0\\n[Network]\\nDHCP=yes\\n' > /run/systemd/network/10-eth0.network
                        /lib/systemd/systemd-networkd &
                        trap "kill $!" EXIT
                        shown() { ip addr show dev eth0; ip route; ip -6 route; cat /run/systemd/netif/links/*; }
                        for i in $(seq 200); do
                          shown > /run/shown || true
                          grep -q 'inet 10.0.2.2' /run/shown && grep -q 'inet6 fd10:0:2::2' /run/shown &&
                            grep -q '^default.* dhcp' /run/shown && grep -q '^default.* ra' /run/shown &&
                            grep -q '^DNS=.* 2001:db8::7' /run/shown && break
                          sleep 0.2
                        done
                        cat /run/shown
                        """);
        assertThat(lab.mustIn(lab.guest, "timeout 60 unshare -m bash " + script + " 2>&1"))
                .contains("inet 10.0.2.2/24")
                .contains("default via 10.0.2.1 dev eth0 proto dhcp")
                .contains("inet6 fd10:0:2::2/128")
                .contains("default via fe80::ff:fe00:0 dev eth0 proto ra")
                .contains("DNS=203.0.113.7 2001:db8::7");
        assertNothingWrong();
    }

    @Test
    void networkManagersOwnClientHasBothFamilies() throws IOException {
        String binary = networkManager();
        Path script =
                script(
                        "network-manager",
                        """
                        set -e
                        mount --make-rprivate /
                        mount -t tmpfs tmpfs /run
                        mkdir -p /etc/NetworkManager /var/lib/NetworkManager
                        mount -t tmpfs tmpfs /etc/NetworkManager
                        mount -t tmpfs tmpfs /var/lib/NetworkManager
                        mount -o remount,ro /sys
                        mkdir /etc/NetworkManager/system-connections
                        printf '[main]\\nplugins=keyfile\\ndhcp=internal\\nrc-manager=unmanaged\\n' > /etc/NetworkManager/NetworkManager.conf
                        cat > /etc/NetworkManager/system-connections/eth0.nmconnection <<'X'
                        [connection]
                        id=eth0
                        type=ethernet
                        interface-name=eth0
                        [ipv4]
                        method=auto
                        may-fail=false
                        [ipv6]
                        method=auto
                        may-fail=false
                        X
                        chmod 600 /etc/NetworkManager/system-connections/*
                        timeout 40 %s --configure-and-quit=initrd --debug
                        ip addr show dev eth0; ip route; ip -6 route; cat /run/NetworkManager/no-stub-resolv.conf
                        """
                                .formatted(binary));
        assertThat(lab.mustIn(lab.guest, "timeout 60 unshare -m bash " + script + " 2>&1"))
                .contains("Using DHCP client 'internal'")
                .contains("inet 10.0.2.2/24")
                .contains("default via 10.0.2.1 dev eth0 proto dhcp")
                .contains("inet6 fd10:0:2::2/128")
                .contains("default via fe80::ff:fe00:0 dev eth0 proto ra")
                .containsPattern("search .*default.svc.cluster.local")
                .contains(SERVER);
        assertNothingWrong();
    }

    private String networkManager() {
        if (lab.shell.run("bash", "-c", "command -v NetworkManager").ok()) {
            return "NetworkManager";
        }
        Path directory = Path.of("target/network-manager").toAbsolutePath();
        Shell.Result fetched =
                lab.shell.run(
                        Path.of("src/test/guest/fetch-network-manager").toAbsolutePath().toString(),
                        directory.toString());
        Assumptions.assumeTrue(
                fetched.ok(), "NetworkManager cannot be installed here: " + fetched.out());
        return directory.resolve("usr/sbin/NetworkManager").toString();
    }

    @Test
    void whatIsWrongInResolvConfIsLeftOutWithAnEvent() throws IOException {
        lab.mustClient("detach", "vm");
        Path resolv = Path.of("/etc/netns", lab.pod, "resolv.conf");
        Files.writeString(
                resolv,
                "nameserver 300.1.1.1\nnameserver 203.0.113.7\nsearch foo,com ok.test "
                        + "x".repeat(70)
                        + ".test\n\0\n");
        lab.mustClient(
                "attach",
                "-f",
                lab.manifest(Lab.CHAPTER).toString(),
                "--netns",
                lab.pod,
                "--guest",
                "dev:tap0");
        assertThat(lab.mustClient("events"))
                .contains("ResolverCut")
                .contains("nameserver 300.1.1.1, search foo,com, search xxx");
        assertThat(
                        lab.mustIn(
                                lab.guest,
                                "busybox udhcpc -i eth0 -n -q -O search -s "
                                        + script("show", "echo \"DNS $dns SEARCH $search\"")))
                .contains("DNS 203.0.113.7 SEARCH ok.test");
    }

    private void assertNothingWrong() {
        watch.end();
        String expert =
                lab.shell.must(
                        "tshark",
                        "-r",
                        pcap.toString(),
                        "-Y",
                        "_ws.expert.severity >= 6291456 || _ws.malformed", // PI_WARN
                        "-T",
                        "fields",
                        "-e",
                        "_ws.col.Info",
                        "-e",
                        "_ws.expert.message");
        assertThat(expert.lines().filter(line -> !line.startsWith("Running as"))).isEmpty();
        String dhcp = lab.shell.must("tshark", "-r", pcap.toString(), "-Y", "dhcp || dhcpv6");
        assertThat(dhcp.lines().count()).as("an exchange was captured").isGreaterThan(3);
    }

    private String resolvConf() throws IOException {
        return Files.readString(Path.of("/etc/netns", lab.guest, "resolv.conf"));
    }

    private static void awaitIn(Path log, String text, int times) {
        Wait.untilIn(log, text, times, 40);
    }

    /**
     * dhcpcd loses a signal that comes while it waits for its hook. It announces its address for
     * the second time when it has done with that.
     */
    private static void awaitLeased(Path log, int times) {
        awaitIn(log, "leased 10.0.2.2", times);
        awaitIn(log, "ARP announcing 10.0.2.2 (2 of 2)", times);
    }

    /** A release is not answered: its client has only sent it. */
    private void awaitReleased() {
        Wait.until(
                "the end of the lease",
                10,
                () -> lab.mustClient("get", "leases"),
                said -> !said.contains("10.0.2.2"));
    }

    private Path script(String name, String text) throws IOException {
        Path file = Files.writeString(lab.shell.directory().resolve(name), "#!/bin/bash\n" + text);
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }
}
