package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The pod's own kernel on the guest's address; death and restart of the daemon; wrong requests. */
@RootTest
@Timeout(300)
class CoexistenceE2eTest {
    private static final String ALL_PORTS =
            Lab.CHAPTER.replaceAll("(?m)^ +(ports:|- port: .*)\\n", "");
    private static final String WEB = "http://" + Lab.OUTSIDE + ":8080/";
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void podKeepsItsOwnConnectionsWhileTheGuestHasAllPorts() throws IOException {
        lab.daemon().attachTap(ALL_PORTS).configureGuest();
        // Where both draw the same port for the same server one after the other, the server's own
        // TIME-WAIT has the pod's kernel send a reset (known limit): kept apart.
        lab.mustIn(lab.guest, "sysctl -qw net.ipv4.ip_local_port_range='20000 30000'");
        lab.httpd(lab.out, 8080, lab.page("outside"));
        lab.nameServer();
        Process traffic = guestTraffic();
        for (int i = 0; i < 20; i++) {
            assertThat(lab.mustIn(lab.pod, "curl -sS -m 3 " + WEB)).isEqualTo("outside");
            assertThat(
                            lab.mustIn(
                                            lab.pod,
                                            "dig +short +tries=1 +time=2 @"
                                                    + Lab.OUTSIDE
                                                    + " a.example.test")
                                    .strip())
                    .isEqualTo("192.0.2.1");
        }
        assertThat(lab.mustIn(lab.pod, "ping -c3 -i0.2 " + Lab.OUTSIDE))
                .contains(" 0% packet loss");
        assertThat(traffic.isAlive()).isTrue();
        assertThat(
                        lab.mustIn(lab.pod, "nstat -asz TcpOutRsts | awk '/TcpOutRsts/{print $2}'")
                                .strip())
                .as("the pod's kernel resets none of the guest's connections")
                .isEqualTo("0");
    }

    @Test
    void podAndGuestUseTheSamePortNumberToDifferentServers() throws IOException {
        lab.daemon().attachTap(ALL_PORTS).configureGuest();
        lab.httpd(lab.out, 8080, lab.page("outside"));
        lab.httpd(lab.out, 8081, lab.page("other"));
        for (int port = 40000; port < 40010; port++) {
            assertThat(
                            lab.mustIn(
                                    lab.guest,
                                    "curl -sS -m 3 --local-port "
                                            + port
                                            + " http://"
                                            + Lab.OUTSIDE
                                            + ":8080/"))
                    .isEqualTo("outside");
            assertThat(
                            lab.mustIn(
                                    lab.pod,
                                    "curl -sS -m 3 --local-port "
                                            + port
                                            + " http://"
                                            + Lab.OUTSIDE
                                            + ":8081/"))
                    .isEqualTo("other");
        }
    }

    @Test
    void podsConnectionFromBeforeTheAttachGoesOn() throws IOException {
        Path directory = lab.page("x");
        lab.shell.sh("head -c 40M /dev/zero > " + directory.resolve("slow"));
        lab.httpd(lab.out, 8080, directory);
        Download download = new Download(lab, lab.pod, WEB + "slow", "8M");
        lab.daemon().attachTap(ALL_PORTS).configureGuest();
        download.assertEndsWhole(40 << 20);
    }

    @Test
    void killedDaemonLeavesThePodsNetworkAsItWasAndARestartTakesTheGuestUpAgain()
            throws IOException {
        String before = podNetwork();
        lab.daemon().attachDevice(Lab.CHAPTER).configureGuest();
        String settings = podSettings();
        lab.httpd(lab.out, 8080, lab.page("outside"));
        lab.httpd(lab.guest, 80, lab.page("guest"));
        lab.httpd(lab.pod, 80, lab.page("pod"));
        assertThat(lab.mustIn(lab.out, "curl -sS -m 3 http://" + Lab.POD_ADDRESS))
                .isEqualTo("guest");
        guestTraffic();

        lab.killDaemon();
        // The kernel ends an io_uring, and what hangs on it, a little after its process.
        Wait.until(
                "the pod's own server on the port that was the guest's",
                10,
                () -> lab.in(lab.out, "curl -sS -m 1 http://" + Lab.POD_ADDRESS).out(),
                "pod"::equals);
        assertThat(lab.mustIn(lab.pod, "curl -sS -m 3 " + WEB)).isEqualTo("outside");
        Wait.until("the pod's network as it was", 10, this::podNetworkButForTap, before::equals);
        assertThat(podSettings()).isEqualTo(settings);

        lab.daemon();
        assertThat(
                        lab.mustIn(
                                lab.out,
                                "curl -sS -m 5 --retry 3 --retry-all-errors http://"
                                        + Lab.POD_ADDRESS))
                .isEqualTo("guest");
        assertThat(lab.mustIn(lab.guest, "curl -sS -m 5 " + WEB)).isEqualTo("outside");
        assertThat(lab.mustClient("events")).contains("Restored");

        lab.mustClient("detach", "vm");
        assertThat(lab.mustIn(lab.out, "curl -sS -m 3 http://" + Lab.POD_ADDRESS)).isEqualTo("pod");
        assertThat(podNetworkButForTap()).isEqualTo(before);
    }

    @Test
    void nicWhosePodIsGoneIsDetached() {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        Process process = lab.startIn(lab.pod, "sleep", "1000");
        lab.shell.must("ip", "netns", "del", lab.pod);
        Wait.letTimePass(5000); // longer than pods are looked for
        assertThat(lab.mustClient("get", "nics")).as("a process lives there").contains("vm/");
        lab.shell.end(process);
        Wait.until(
                "the end of its NIC",
                20,
                () -> lab.mustClient("get", "nics"),
                nics -> !nics.contains("vm/default"));
        Wait.until(
                "the event",
                10,
                () -> lab.mustClient("events"),
                said -> said.contains("its pod is gone: netns="));
        Wait.until(
                "the end of its namespace, which we held",
                10,
                () -> lab.in(lab.out, "ip link show eth0").code(),
                code -> code != 0);
    }

    @Test
    void wrongRequestsAreRefusedWholeAndTheServiceStaysUp() throws IOException {
        String before = podNetwork();
        lab.daemon();
        String vm = lab.manifest(Lab.CHAPTER).toString();
        assertRefused(
                "netns must exist: netns=vdp-none",
                "attach",
                "-f",
                vm,
                "--netns",
                "vdp-none",
                "--guest",
                "tap:tap0");
        assertRefused(
                "netns must be a network namespace: netns=/dev/null",
                "attach",
                "-f",
                vm,
                "--netns",
                "/dev/null",
                "--guest",
                "tap:tap0");
        assertRefused(
                "uplink must exist in the pod's namespace: uplink=eth7",
                "attach",
                "-f",
                vm,
                "--netns",
                lab.pod,
                "--uplink",
                "eth7",
                "--guest",
                "tap:tap0");
        assertRefused(
                "uplink must have a global IPv4 or IPv6 address: uplink=lo2",
                "attach",
                "-f",
                vm,
                "--netns",
                dummyPod("lo2"),
                "--uplink",
                "lo2",
                "--guest",
                "tap:tap0");
        assertRefused(
                "device must exist in its namespace: dev=tap9",
                "attach",
                "-f",
                vm,
                "--netns",
                lab.pod,
                "--guest",
                "dev:tap9");
        assertRefused(
                "guest must be tap:NAME or dev:NAME: guest=foo",
                "attach",
                "-f",
                vm,
                "--netns",
                lab.pod,
                "--guest",
                "foo");
        assertRefused(
                "interface name must be 1-15 characters",
                "attach",
                "-f",
                vm,
                "--netns",
                lab.pod,
                "--guest",
                "tap:0123456789abcdef");
        assertRefused(
                "unlisted_policy must be pod, drop or reject: unlisted_policy=maybe",
                "attach",
                "-f",
                vm,
                "--netns",
                lab.pod,
                "--unlisted-policy",
                "maybe");
        assertRefused(
                "session_limit must be 16-4194304: session_limit=3",
                "attach",
                "-f",
                vm,
                "--netns",
                lab.pod,
                "--session-limit",
                "3");
        assertRefused(
                "resolv_conf must be a readable regular file",
                "attach",
                "-f",
                vm,
                "--netns",
                lab.pod,
                "--guest",
                "tap:tap0",
                "--resolv-conf",
                "/nowhere");
        Path bad =
                Files.writeString(
                        lab.shell.directory().resolve("bad.yaml"),
                        Lab.CHAPTER.replace("port: 80", "port: 65536"));
        assertRefused(
                "ports[0].port must be 1-65535: port=65536",
                "attach",
                "-f",
                bad.toString(),
                "--netns",
                lab.pod);
        assertRefused("no such file", "attach", "-f", "/nowhere.yaml", "--netns", lab.pod);
        assertRefused("no such NIC: name=vm", "detach", "vm");
        assertThat(podNetwork().replaceAll("(?m)^lo2.*\\n", ""))
                .as("nothing half-made")
                .isEqualTo(before);

        lab.attachTap(Lab.CHAPTER);
        assertRefused(
                "NIC is attached already: name=vm/default",
                "attach",
                "-f",
                vm,
                "--netns",
                lab.pod,
                "--guest",
                "tap:tap1");
        Path other = Files.writeString(lab.shell.directory().resolve("other.yaml"), Lab.CHAPTER);
        assertRefused(
                "uplink carries another NIC already",
                "attach",
                "-f",
                other.toString(),
                "--netns",
                "/run/netns/" + lab.pod,
                "--guest",
                "tap:tap1");
        assertThat(lab.client("get", "nonsense").code()).as("usage").isEqualTo(2);
        assertThat(lab.mustClient("get", "nics")).contains("vm/default");
        lab.shell.end(lab.daemonProcess());
        assertThat(lab.client("get", "nics").code()).as("no daemon").isEqualTo(3);
    }

    private void assertRefused(String message, String... arguments) {
        Shell.Result result = lab.client(arguments);
        assertThat(result.out()).contains(message).doesNotContain("Exception");
        assertThat(result.out().strip().lines()).as("one line").hasSize(1);
        assertThat(result.code()).isEqualTo(1);
    }

    /** A device without an address in the pod's namespace. */
    private String dummyPod(String device) {
        lab.shell.must(
                "ip",
                "-n",
                lab.pod,
                "link",
                "add",
                device,
                "type",
                "veth",
                "peer",
                "name",
                device + "p");
        return lab.pod;
    }

    private Process guestTraffic() {
        return lab.startIn(
                lab.guest,
                "bash",
                "-c",
                "while :; do curl -sS -m 3 "
                        + WEB
                        + " >/dev/null; ping -q -c 3 -i 0.02 "
                        + Lab.OUTSIDE
                        + " > /dev/null; done");
    }

    /** Devices, addresses, routes and rules of the pod. */
    private String podNetwork() {
        return lab.mustIn(
                        lab.pod,
                        "ip -br link | awk '{print $1, $3, $4}'; ip -o -4 addr | awk '{print $2, $4}'; ip route; ip rule")
                .replaceAll("(?m)@if\\d+", "");
    }

    /** Whether the tap outlives the daemon is its holder's business. */
    private String podNetworkButForTap() {
        return podNetwork().replaceAll("(?m)^tap0.*\\n", "");
    }

    private String podSettings() {
        return lab.mustIn(
                lab.pod,
                "sysctl net.ipv4.ip_forward net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports net.ipv4.conf.all.arp_ignore; nft list ruleset; tc qdisc show dev eth0");
    }
}
