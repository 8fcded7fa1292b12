package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Processes of the pod reach the guest's open ports: kubectl port-forward, sidecars, probes. */
@RootTest
@Timeout(120)
class LoopbackE2eTest {
    private static final String[] OWN = {
        "127.0.0.1", "[::1]", Lab.POD_ADDRESS, "[" + Lab.POD_ADDRESS6 + "]"
    };
    private static final String WITH_UDP =
            Lab.CHAPTER.replace("        - port: 22\n", "        - {port: 53, protocol: UDP}\n");
    private static final int DOWNLOAD = 30 << 20;
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    private String fetch(String address, int port) {
        return lab.in(lab.pod, "curl -sS -m 3 http://" + address + ":" + port + "/").out();
    }

    @Test
    void kernelsMasqueradeDoesSoByTheLoopbackAddressOfIpv4Alone() {
        KernelMasquerade.attach(lab);
        lab.httpd(lab.guest, 80, lab.page("guest"));
        assertThat(fetch("127.0.0.1", 80)).isEqualTo("guest");
        assertThat(fetch("[::1]", 80)).as("its rule is there").contains("timed out");
        assertThat(fetch(Lab.POD_ADDRESS, 80)).contains("Failed to connect");
    }

    @Test
    void openPortsAreReachedByEveryOwnAddressAndThePodsListenersAreItsOwn() throws IOException {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.httpd(lab.guest, 80, lab.page("guest"));
        lab.httpd(lab.guest, 5201, lab.page("guest"));
        lab.httpd(lab.guest, 8080, lab.page("guest"));
        lab.httpd(lab.pod, 5201, lab.page("pod"));
        for (String address : OWN) {
            assertThat(fetch(address, 80)).as(address).isEqualTo("guest");
            assertThat(fetch(address, 5201)).as("the pod listens").isEqualTo("pod");
            assertThat(fetch(address, 8080)).as("not open").contains("Failed to connect");
            assertThat(fetch(address, 22)).as("open, but the guest refuses").contains("connect");
        }
        assertThat(lab.mustClient("get", "sessions")).contains("10.0.2.1:");
    }

    @Test
    void muchGoesBothWaysWhole() throws IOException {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        Path directory = lab.page("x");
        lab.shell.sh("head -c " + DOWNLOAD + " /dev/urandom > " + directory.resolve("much"));
        String sum = lab.shell.must("sha256sum", directory.resolve("much").toString());
        lab.httpd(lab.guest, 80, directory);
        for (String address : OWN) {
            assertThat(
                            lab.mustIn(
                                    lab.pod,
                                    "curl -sS -m 20 http://" + address + "/much | sha256sum"))
                    .as(address)
                    .startsWith(sum.substring(0, 64));
        }
        Path got = directory.resolve("got");
        String take =
                "import socket; c = socket.create_server((\"\", 5201)).accept()[0].makefile(\"rb\"); open(\"%s\", \"wb\").write(c.read())";
        lab.startIn(lab.guest, "python3", "-c", take.formatted(got));
        lab.awaitSocket(lab.guest, "tcp sport = :5201");
        String give =
                "import socket; s = socket.create_connection((\"127.0.0.1\", 5201)); s.sendall(open(\"%s\", \"rb\").read())";
        lab.mustIn(lab.pod, "python3 -c '" + give.formatted(directory.resolve("much")) + "'");
        Wait.until(
                "all of it in the guest",
                10,
                () -> lab.in(lab.guest, "sha256sum " + got).out(),
                text -> text.startsWith(sum.substring(0, 64)));
    }

    @Test
    void datagramsAreAnsweredAndRefused() throws IOException {
        lab.daemon().attachTap(WITH_UDP).configureGuest();
        String ask =
                """
                import socket
                for host in ("127.0.0.1", "::1", "10.244.1.5", "fd00:10:244::5"):
                    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
                    s.settimeout(3)
                    s.connect((host, 53))
                    try:
                        s.send(b"x" * 1000)
                        print(len(s.recv(2000)))
                    except ConnectionRefusedError:
                        print("refused")
                """;
        assertThat(lab.mustIn(lab.pod, "python3 -c '" + ask + "'").lines())
                .as("nobody in the guest listens")
                .containsExactly("refused", "refused", "refused", "refused");
        String echo =
                """
                import socket
                s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                s.bind(("::", 53))
                while True:
                    data, peer = s.recvfrom(2000)
                    s.sendto(data, peer)
                """;
        lab.startIn(lab.guest, "python3", "-c", echo);
        lab.awaitSocket(lab.guest, "udp sport = :53");
        assertThat(lab.mustIn(lab.pod, "python3 -c '" + ask + "'").lines())
                .containsExactly("1000", "1000", "1000", "1000");
    }

    @Test
    void killLeavesNothingAndARestartTakesItUpAgain() throws IOException {
        lab.daemon().attachDevice(Lab.CHAPTER).configureGuest();
        lab.httpd(lab.guest, 80, lab.page("guest"));
        String before = settings();
        assertThat(fetch("127.0.0.1", 80)).isEqualTo("guest");
        lab.killDaemon();
        Wait.until("refused as ever", 10, () -> fetch("[::1]", 80), t -> t.contains("Failed"));
        assertThat(settings()).isEqualTo(before);
        lab.daemon();
        assertThat(fetch("127.0.0.1", 80)).isEqualTo("guest");
    }

    private String settings() {
        return lab.mustIn(
                lab.pod,
                "sysctl -a 2>/dev/null | grep -E 'route_localnet|accept_local|rp_filter|forward' | grep -v vdp-; nft list ruleset; tc filter show dev lo ingress; ip route show table local dev lo");
    }
}
