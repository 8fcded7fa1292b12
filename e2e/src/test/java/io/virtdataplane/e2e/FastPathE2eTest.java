package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Established flows of a guest behind a device are carried by the kernel, and everything that is
 * seen of them is as if they were not.
 */
@RootTest
class FastPathE2eTest {
    private static final int SECONDS = 20;
    private static final int FLOOD_FRAMES = 30_000;

    /** What waits in a packet socket's buffer counts against the sender's. */
    private static final String FLOOD =
            """
            import socket
            SO_SNDBUFFORCE = 32
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 28)
            for number in range(%d):
                s.sendto(b"flood", ("203.0.113.7", 9))
            """
                    .formatted(FLOOD_FRAMES);

    /** A server that sends each line back, and a client that sends numbered lines for ever. */
    private static final String ECHO =
            """
            import socket, sys, time
            kind, role, host = sys.argv[1:4]
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            stream = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
            s = socket.socket(family, stream)
            if role == "serve":
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind((host, 5201))
                if kind == "tcp":
                    s.listen()
                    s, _ = s.accept()
                while True:
                    data, peer = s.recvfrom(2000)
                    if not data: break
                    s.send(data) if kind == "tcp" else s.sendto(data, peer)
            s.settimeout(5)
            s.connect((host, 5201))
            for number in range(10**9):
                text = b"%9d" % number
                s.send(text)
                assert s.recv(2000) == text
                print(number, flush=True)
                time.sleep(0.002)
            """;

    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    private long number(String name) {
        Matcher found =
                Pattern.compile('"' + name + "\": \"?(\\d+)")
                        .matcher(lab.mustClient("get", "nics", "-o", "json"));
        return found.find() ? Long.parseLong(found.group(1)) : 0;
    }

    private void awaitCarried(long frames) {
        Wait.until(
                "frames that the kernel has carried",
                SECONDS,
                () -> number("carriedFrames"),
                seen -> seen >= frames);
    }

    private Process talk(String kind, String server, String client, String host)
            throws IOException {
        Path script = Files.writeString(lab.shell.directory().resolve("echo.py"), ECHO);
        lab.startIn(server, "python3", script.toString(), kind, "serve", address(host));
        lab.awaitSocket(server, kind + " sport = :5201");
        return lab.startIn(client, "python3", script.toString(), kind, "ask", host);
    }

    /** Of the server, behind the NAT or not. */
    private static String address(String host) {
        return switch (host) {
            case Lab.POD_ADDRESS -> "10.0.2.2";
            case Lab.POD_ADDRESS6 -> "fd10:0:2::2";
            default -> host;
        };
    }

    private Lab attached(String... settings) throws IOException {
        Path config =
                Files.writeString(
                        lab.shell.directory().resolve("config.yaml"),
                        String.join("\n", settings) + "\n");
        return lab.daemon("--config", config.toString()).attachDevice(Lab.CHAPTER).configureGuest();
    }

    @ParameterizedTest
    @CsvSource({
        "tcp, out, 203.0.113.7",
        "tcp, out, 2001:db8::7",
        "udp, out, 203.0.113.7",
        "udp, out, 2001:db8::7",
        "tcp, in, 10.244.1.5",
        "tcp, in, fd00:10:244::5"
    })
    void flowIsCarriedAndCounted(String kind, String direction, String host) throws IOException {
        attached();
        boolean out = direction.equals("out");
        talk(kind, out ? lab.out : lab.guest, out ? lab.guest : lab.out, host);
        awaitCarried(1000);
        assertThat(number("carriedSessions")).isEqualTo(1);
        assertThat(lab.mustClient("describe", "nic", "vm"))
                .contains("Fast path:         on, carries 1");
        String session = lab.mustClient("get", "sessions", "-o", "json");
        assertThat(session).contains("\"idleSeconds\": \"0\"");
        Matcher frames = Pattern.compile("\"framesOut\": \"(\\d+)\"").matcher(session);
        assertThat(frames.find()).isTrue();
        assertThat(Long.parseLong(frames.group(1))).isGreaterThan(400);
    }

    @Test
    void whoCapturesSeesAllFrames() throws IOException {
        attached();
        Process client = talk("udp", lab.out, lab.guest, Lab.OUTSIDE);
        awaitCarried(100);
        Path file = lab.shell.directory().resolve("all.pcap");
        lab.mustClient("capture", "vm", "-w", file.toString(), "-c", "200", "udp");
        assertThat(Files.size(file)).isGreaterThan(200 * 50);
        assertThat(client.isAlive()).isTrue();
        long before = number("carriedFrames");
        awaitCarried(before + 100);
    }

    @Test
    void detachedNicCarriesNothing() throws IOException {
        attached();
        Process client = talk("udp", lab.out, lab.guest, Lab.OUTSIDE);
        awaitCarried(100);
        lab.mustClient("detach", "vm");
        Wait.until("an end of the answers", SECONDS, client::isAlive, alive -> !alive);
    }

    @Test
    void killedDaemonCarriesNothingAndLeavesNothing() throws IOException {
        String look = "ip -br link | grep -v tap0; tc qdisc show dev eth0";
        String before = lab.mustIn(lab.pod, look);
        kill("hooks: tcx");
        Wait.until(
                "the pod's devices as they were",
                SECONDS,
                () -> lab.mustIn(lab.pod, look),
                before::equals);
        lab.mustIn(lab.pod, "ping -c1 -W2 " + Lab.OUTSIDE);
    }

    /** Filters outlive a killed daemon, but carry nothing any more. */
    @Test
    void killedDaemonsFiltersCarryNothing() throws IOException {
        kill("hooks: clsact", "absenceSeconds: 3");
    }

    private void kill(String... settings) throws IOException {
        attached(settings);
        Process client = talk("udp", lab.out, lab.guest, Lab.OUTSIDE);
        awaitCarried(100);
        lab.killDaemon();
        Wait.until("an end of the answers", SECONDS, client::isAlive, alive -> !alive);
    }

    @Test
    void withoutItAllIsWalked() throws IOException {
        attached("fastPath: off");
        talk("udp", lab.out, lab.guest, Lab.OUTSIDE);
        Wait.until("frames", SECONDS, () -> number("guestFrames"), seen -> seen > 200);
        assertThat(number("carriedFrames")).isZero();
        assertThat(lab.mustClient("describe", "nic", "vm"))
                .contains("off: by the setting fastPath");
    }

    /** They come while the packet thread takes none, more than the kernel keeps for it. */
    @ParameterizedTest
    @ValueSource(strings = {"auto", "off"})
    void framesThatFindTheQueueFullAreCounted(String fastPath) throws IOException {
        attached("fastPath: \"" + fastPath + '"');
        lab.mustIn(lab.guest, "ping -c1 -W2 " + Lab.OUTSIDE); // the gateway is known
        Path script = Files.writeString(lab.shell.directory().resolve("flood.py"), FLOOD);
        String daemon = Long.toString(lab.daemonProcess().pid());
        lab.shell.must("kill", "-STOP", daemon);
        try {
            lab.mustIn(lab.guest, "python3 " + script);
        } finally {
            lab.shell.must("kill", "-CONT", daemon);
        }
        Wait.until("all", SECONDS, () -> number("guestFrames"), seen -> seen >= FLOOD_FRAMES);
        assertThat(lab.mustClient("drops", "vm")).contains("drop_ingress_full");
    }
}
