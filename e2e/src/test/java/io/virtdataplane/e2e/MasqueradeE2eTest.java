package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real traffic of real tools through a real daemon, the guest a namespace. */
@RootTest
@Timeout(300)
class MasqueradeE2eTest {
    private static final String WEB = "http://" + Lab.OUTSIDE + ":8080/";
    private static final String POD = "http://" + Lab.POD_ADDRESS;
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    @ParameterizedTest
    @CsvSource({"io_uring, tcx", "epoll, clsact"})
    void guestReachesOutsideAndIsReachedOnItsListedPort(String poller, String hooks)
            throws IOException {
        Path config =
                Files.writeString(
                        lab.shell.directory().resolve("config.yaml"),
                        "poller: " + poller + "\nhooks: " + hooks + "\n");
        String look = "tc qdisc show | grep -v tap0"; // the guest's own may stay
        String qdiscs = lab.mustIn(lab.pod, look);
        lab.daemon("--config", config.toString()).attachTap(Lab.CHAPTER).configureGuest();
        lab.httpd(lab.out, 8080, lab.page("outside"));
        lab.httpd(lab.guest, 80, lab.page("guest"));
        lab.httpd(lab.guest, 81, lab.page("not listed"));
        lab.httpd(lab.guest, 49152, lab.page("reserved"));
        lab.httpd(lab.pod, 90, lab.page("pod"));

        assertThat(lab.mustClient("version")).contains("worker(s) on " + poller);
        assertThat(lab.mustIn(lab.guest, "ping -c3 -i0.2 10.0.2.1")).contains(" 0% packet loss");
        assertThat(lab.mustIn(lab.guest, "ping -c3 -i0.2 " + Lab.OUTSIDE))
                .contains(" 0% packet loss");
        assertThat(lab.mustIn(lab.guest, curl(WEB))).isEqualTo("outside");
        assertThat(lab.mustIn(lab.out, curl(POD))).isEqualTo("guest");
        assertThat(lab.in(lab.out, curl(POD + ":81")).code())
                .as("curl: refused, by the pod's kernel")
                .isEqualTo(7);
        assertThat(lab.in(lab.out, curl(POD + ":49152")).code())
                .as("curl: timed out")
                .isEqualTo(28);
        assertThat(lab.mustIn(lab.out, curl(POD + ":90")))
                .as("a server of the pod on a port the guest has not")
                .isEqualTo("pod");
        assertThat(lab.mustIn(lab.out, "ping -c2 -i0.2 " + Lab.POD_ADDRESS))
                .contains(" 0% packet loss");

        assertThat(lab.mustClient("drops")).contains("drop_reserved_port");
        assertThat(lab.mustClient("get", "sessions"))
                .contains("203.0.113.7:8080")
                .contains("10.0.2.2:80");
        assertThat(lab.mustClient("get", "nics", "-o", "json"))
                .contains("\"podAddress\": \"10.244.1.5\"");
        assertThat(lab.mustClient("get", "nics", "-o", "yaml")).contains("podAddress: 10.244.1.5");
        assertThat(lab.mustClient("events"))
                .contains("Attached")
                .contains("AddressSeen")
                .contains("FirstDrop");

        lab.shell.must("ip", "-n", lab.guest, "link", "set", "eth0", "down");
        assertThat(lab.in(lab.out, curl(POD)).code()).as("curl: timed out").isEqualTo(28);
        // A tap is down; a veth without its other end refuses.
        assertThat(lab.mustClient("drops")).containsAnyOf("drop_egress_down", "drop_egress_full");

        lab.mustClient("detach", "vm");
        assertThat(lab.mustIn(lab.pod, look)).isEqualTo(qdiscs);
        assertThat(lab.in(lab.out, curl(POD)).code())
                .as("refused: nobody listens on the pod's own port 80")
                .isEqualTo(7);
    }

    @Test
    void dhcpClientsTakeTheLease() {
        lab.daemon().attachTap(Lab.CHAPTER);
        Path script =
                executable(
                        "udhcpc.sh",
                        "[ \"$1\" = bound ] && echo \"LEASE $ip $mask $router $dns $domain $mtu $lease $hostname SEARCH $search\"; exit 0");
        String udhcpc =
                lab.mustIn(
                        lab.guest,
                        "busybox udhcpc -i eth0 -n -q -t 5 -T 1 -O search -O mtu -O hostname -s "
                                + script);
        assertThat(udhcpc)
                .contains(
                        "LEASE 10.0.2.2 24 10.0.2.1 203.0.113.7 default.svc.cluster.local 1500 86313600 vm SEARCH default.svc.cluster.local svc.cluster.local");

        Path leases = lab.shell.directory().resolve("dhclient.leases");
        lab.mustIn(
                lab.guest,
                "timeout 30 dhclient -1 -v -sf /bin/true -pf %1$s.pid -lf %1$s eth0"
                        .formatted(leases));
        // It goes to the background first and writes this then.
        lab.mustIn(lab.guest, "kill " + Wait.untilIn(Path.of(leases + ".pid"), "\n", 10));
        assertThat(read(leases))
                .contains("fixed-address 10.0.2.2;")
                .contains("option routers 10.0.2.1;")
                .contains("option domain-name-servers 203.0.113.7;")
                .contains("option interface-mtu 1500;")
                .contains("option dhcp-lease-time 86313600;")
                .contains("option dhcp-server-identifier 10.0.2.1;")
                .contains("option host-name \"vm\";");

        String dhcpcd =
                "ip addr flush dev eth0; timeout 40 dhcpcd -1 -B -4 -t 20 --noipv4ll -c /bin/true -d eth0 2>&1; rm -f /var/lib/dhcpcd/eth0.lease";
        assertThat(lab.mustIn(lab.guest, dhcpcd))
                .contains("leased 10.0.2.2 for 86313600 seconds")
                .contains("DAD completed for 10.0.2.2");
        assertThat(lab.mustClient("get", "leases")).contains("10.0.2.2");
        assertThat(lab.mustClient("events", "-o", "json")).contains("\"Lease\"");
    }

    @Test
    void aGigabyteArrivesAsItWasSentAndBothWaysAreFast() throws IOException {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        Path directory = Files.createDirectory(lab.shell.directory().resolve("big"));
        Path file = directory.resolve("file");
        lab.shell.sh("head -c 1G /dev/urandom > " + file);
        lab.httpd(lab.out, 8080, directory);
        String received = lab.mustIn(lab.guest, "curl -sS -m 60 " + WEB + "file | sha256sum");
        assertThat(received).isEqualTo(lab.shell.sh("sha256sum < " + file));

        lab.startIn(lab.guest, "iperf3", "-s");
        lab.startIn(lab.out, "iperf3", "-s");
        lab.awaitSocket(lab.guest, "tcp sport = :5201");
        lab.awaitSocket(lab.out, "tcp sport = :5201");
        assertThat(gigabits(lab.mustIn(lab.guest, "iperf3 -J -t 2 -c " + Lab.OUTSIDE)))
                .isGreaterThan(1);
        assertThat(gigabits(lab.mustIn(lab.out, "iperf3 -J -t 2 -c " + Lab.POD_ADDRESS)))
                .isGreaterThan(1);
        assertThat(lab.mustClient("get", "counters")).containsPattern("gso_frames +[1-9]\\d{3,}");
    }

    @Test
    void nameServiceAndSecureShellWork() throws IOException {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.nameServer();
        SecureShell ssh = new SecureShell(lab);
        assertThat(
                        lab.mustIn(
                                        lab.guest,
                                        "dig +short +tries=2 @" + Lab.OUTSIDE + " www.example.test")
                                .strip())
                .isEqualTo("192.0.2.1");
        assertThat(
                        lab.mustIn(
                                        lab.guest,
                                        "dig +short +tcp @" + Lab.OUTSIDE + " www.example.test")
                                .strip())
                .isEqualTo("192.0.2.1");
        assertThat(ssh.run(lab.out, Lab.POD_ADDRESS, 22, "ip -br addr show eth0"))
                .contains("10.0.2.2/24");
        Path copied = lab.shell.directory().resolve("copied");
        Path key = Path.of(ssh.key + ".pub");
        ssh.copy(lab.out, Lab.POD_ADDRESS, key, copied);
        assertThat(read(copied)).isEqualTo(read(key));
    }

    private static double gigabits(String json) {
        String sum = json.substring(json.indexOf("\"sum_received\""));
        return Double.parseDouble(
                        sum.replaceFirst("(?s).*?\"bits_per_second\":\\s*([0-9.e+]+).*", "$1"))
                / 1e9;
    }

    private Path executable(String name, String script) {
        try {
            Path file =
                    Files.writeString(
                            lab.shell.directory().resolve(name), "#!/bin/sh\n" + script + "\n");
            file.toFile().setExecutable(true);
            return file;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String curl(String url) {
        return "curl -sS -m 3 " + url;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
