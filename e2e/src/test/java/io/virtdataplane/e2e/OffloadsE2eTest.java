package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever the devices on the way do of segmentation and checksums, everything arrives whole: TCP
 * and UDP in segments (UDP_SEGMENT), both ways, both families, through NAT and bridge.
 */
@RootTest
@Timeout(120)
class OffloadsE2eTest {
    private static final String EXCHANGE =
            """
            import hashlib, random, socket, struct, sys
            DATA, CHUNK, CHUNKS, SEGMENT, UDP_SEGMENT = random.Random(7).randbytes(6 << 20), 36000, 30, 1200, 103
            def family(host):
                return socket.AF_INET6 if ":" in host else socket.AF_INET
            def datagrams(host):
                s = socket.socket(family(host), socket.SOCK_DGRAM)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
                s.settimeout(5)
                return s
            def give(s):
                s.setsockopt(socket.SOL_UDP, UDP_SEGMENT, SEGMENT)
                for i in range(CHUNKS):
                    s.send(DATA[i * CHUNK:(i + 1) * CHUNK])
                    assert s.recv(99) == b"%d" % i
                s.setsockopt(socket.SOL_UDP, UDP_SEGMENT, 0)
            def take(s):
                for i in range(CHUNKS):
                    got = b"".join(s.recv(9999) for _ in range(CHUNK // SEGMENT))
                    assert got == DATA[i * CHUNK:(i + 1) * CHUNK], "UDP differs"
                    s.send(b"%d" % i)
            def serve(host):
                listener = socket.create_server((host, 7001), family=family(host))
                udp = datagrams(host)
                udp.bind((host, 7001))
                while True:
                    c = listener.accept()[0]
                    if c.recv(1) == b"G":
                        c.sendall(DATA)
                    else:
                        c.sendall(hashlib.sha256(c.makefile("rb").read(len(DATA))).digest())
                    c.close()
                    data, peer = udp.recvfrom(9)
                    udp.connect(peer)
                    give(udp) if data == b"G" else (udp.send(b"go"), take(udp))
                    udp.close()
                    udp = datagrams(host)
                    udp.bind((host, 7001))
            def ask(host):
                for kind in b"G", b"P":
                    c = socket.create_connection((host, 7001), 20)
                    c.sendall(kind)
                    if kind == b"G":
                        assert c.makefile("rb").read() == DATA, "TCP differs"
                    else:
                        c.sendall(DATA)
                        assert c.recv(99) == hashlib.sha256(DATA).digest(), "TCP differs"
                    udp = datagrams(host)
                    udp.connect((host, 7001))
                    udp.send(kind)
                    take(udp) if kind == b"G" else (udp.recv(9), give(udp))
                print("whole")
            (serve if sys.argv[1] == "serve" else ask)(sys.argv[2])
            """;

    private static void assertWhole(Lab lab, String server, String client, String... hosts)
            throws IOException {
        Path script = Files.writeString(lab.shell.directory().resolve("exchange.py"), EXCHANGE);
        for (String host : hosts) {
            lab.startIn(server, "python3", script.toString(), "serve", host);
            lab.awaitSocket(server, "udp src " + (host.contains(":") ? "[" + host + "]" : host));
            assertThat(
                            lab.in(client, "timeout 30 python3 " + script + " ask " + host)
                                    .out()
                                    .strip())
                    .as(host)
                    .isEqualTo("whole");
        }
    }

    /** A device of the way, and what is switched off there. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "pod tap0 tso off",
                "pod tap0 tso off gso off",
                "pod tap0 tx off sg off",
                "pod tap0 tx-udp-segmentation off",
                "guest eth0 tso off gro off",
                "guest eth0 tx off",
                "pod eth0 tso off",
                "pod eth0 tx off sg off gso off",
                "out eth0 gro off tso off"
            })
    void natCarriesAllOfIt(String setting) throws IOException {
        try (Lab lab = new Lab()) {
            lab.daemon().attachDevice(Lab.CHAPTER).configureGuest();
            String[] words = setting.split(" ", 2);
            String namespace =
                    switch (words[0]) {
                        case "pod" -> lab.pod;
                        case "guest" -> lab.guest;
                        default -> lab.out;
                    };
            lab.mustIn(namespace, "ethtool -K " + words[1]);
            assertWhole(lab, lab.out, lab.guest, Lab.OUTSIDE, Lab.OUTSIDE6);
            assertThat(lab.mustClient("get", "counters")).doesNotContain("drop_egress_full");
        }
    }

    @Test
    void kernelsMasqueradeDoesToo() throws IOException {
        try (Lab lab = new Lab()) {
            KernelMasquerade.attach(lab);
            lab.mustIn(lab.pod, "ethtool -K tap0 tso off");
            assertWhole(lab, lab.out, lab.guest, Lab.OUTSIDE, Lab.OUTSIDE6);
        }
    }

    @Test
    void bridgeCarriesAllOfItToDevicesThatDoNotSegment() throws IOException {
        try (BridgeLab bridge = new BridgeLab()) {
            bridge.bridges().apply(BridgeLab.network("plain", "\"macspoofchk\": false"));
            String one = bridge.guest("one", "plain", "10.9.0.1/24");
            String two = bridge.guest("two", "plain", "10.9.0.2/24");
            String pod = bridge.lab.out.replace("-out", "-pone");
            bridge.lab.mustIn(pod, "ethtool -K net1 tso off tx-udp-segmentation off");
            assertWhole(bridge.lab, one, two, "10.9.0.1");
            bridge.lab.mustIn(pod, "ethtool -K net1 tx off sg off gso off");
            assertWhole(bridge.lab, two, one, "10.9.0.2");
        }
    }

    @Test
    void featuresMayChangeUnderTraffic() throws IOException {
        try (Lab lab = new Lab()) {
            lab.daemon().attachDevice(Lab.CHAPTER).configureGuest();
            Path directory = lab.page("x");
            lab.shell.sh("head -c 60M /dev/zero > " + directory.resolve("much"));
            lab.httpd(lab.out, 8080, directory);
            String url = "http://" + Lab.OUTSIDE + ":8080/much";
            Download download = new Download(lab, lab.guest, url, "20M");
            for (int i = 0; i < 6; i++) {
                lab.mustIn(lab.pod, "ethtool -K tap0 tso " + (i % 2 == 0 ? "off" : "on"));
                lab.mustIn(lab.guest, "ping -c 20 -i 0.01 -q " + Lab.OUTSIDE);
            }
            download.assertEndsWhole(60 << 20);
        }
    }
}
