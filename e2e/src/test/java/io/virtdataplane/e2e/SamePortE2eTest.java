package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The guest and the pod's own kernel use one port, or ping identifier, to one and the same remote
 * endpoint at one time: both live, whoever came first. The kernel's masquerade is held to the same.
 */
@RootTest
@Timeout(120)
class SamePortE2eTest {
    private static final int PORT = 40_001;
    private static final int ROUNDS = 20;

    /** Answers with the port that it sees. */
    private static final String ECHO =
            """
            import socket, sys, threading
            def tcp(connection, port):
                while data := connection.recv(64):
                    connection.sendall(str(port).encode())
            def accept(listener):
                while True:
                    connection, peer = listener.accept()
                    threading.Thread(target=tcp, args=(connection, peer[1])).start()
            def udp(server):
                while True:
                    data, peer = server.recvfrom(64)
                    server.sendto(str(peer[1]).encode(), peer)
            for host in sys.argv[1:]:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                server = socket.socket(family, socket.SOCK_DGRAM)
                server.bind((host, 7000))
                threading.Thread(target=udp, args=(server,)).start()
                listener = socket.create_server((host, 7000), family=family)
                threading.Thread(target=accept, args=(listener,)).start()
            """;

    /** Asks so often, or until the file is there; says how often, and what ports were seen. */
    private static final String ASK =
            """
            import os, socket, sys, time
            kind, host, port, rounds, until, begun = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], sys.argv[6]
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            s = socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("", port))
            s.settimeout(3)
            s.connect((host, 7000))
            sent, seen = 0, set()
            while sent < rounds and not os.path.exists(until):
                s.send(b"x")
                sent += 1
                seen.add(s.recv(64).decode())
                open(begun, "w").close()
                time.sleep(0.02)
            print("all", sent, *sorted(seen))
            """;

    private final Lab lab = new Lab();
    private Path ask;

    @BeforeEach
    void script() throws IOException {
        ask = Files.writeString(lab.shell.directory().resolve("ask.py"), ASK);
        Path echo = Files.writeString(lab.shell.directory().resolve("echo.py"), ECHO);
        lab.startIn(lab.out, "python3", echo.toString(), Lab.OUTSIDE, Lab.OUTSIDE6);
        for (String address : new String[] {Lab.OUTSIDE, "[" + Lab.OUTSIDE6 + "]"}) {
            lab.awaitSocket(lab.out, "udp src " + address + ":7000");
            lab.awaitSocket(lab.out, "tcp src " + address + ":7000");
        }
    }

    @AfterEach
    void close() {
        lab.close();
    }

    private void carryBy(String carrier) throws IOException {
        switch (carrier) {
            case "kernel" -> KernelMasquerade.attach(lab);
            case "open" ->
                    lab.daemon()
                            .attachTap(Lab.CHAPTER.replaceAll("(?m)^ +(ports:|- port: .*)\\n", ""))
                            .configureGuest();
            default -> lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        }
    }

    /** {@code open}: all ports are the guest's; {@code listed}: none of those used here is. */
    @ParameterizedTest
    @CsvSource({
        "kernel, udp, 203.0.113.7, guest",
        "kernel, tcp, 203.0.113.7, guest",
        "listed, udp, 203.0.113.7, guest",
        "listed, udp, 203.0.113.7, pod",
        "listed, tcp, 203.0.113.7, guest",
        "listed, tcp, 203.0.113.7, pod",
        "open, udp, 203.0.113.7, guest",
        "open, tcp, 203.0.113.7, guest",
        "open, tcp, 203.0.113.7, pod",
        "listed, udp, 2001:db8::7, guest",
        "listed, tcp, 2001:db8::7, guest",
        "open, udp, 2001:db8::7, pod"
    })
    void bothLiveWhoeverCameFirst(String carrier, String kind, String remote, String first)
            throws IOException {
        carryBy(carrier);
        boolean guestFirst = first.equals("guest");
        Path stop = lab.shell.directory().resolve("stop");
        Path begun = lab.shell.directory().resolve("begun");
        Path said = lab.shell.directory().resolve("said");
        String command = "python3 " + ask + " " + kind + " " + remote + " " + PORT + " ";
        lab.startIn(
                guestFirst ? lab.guest : lab.pod,
                "bash",
                "-c",
                command + "100000 " + stop + " " + begun + " > " + said + " 2>&1");
        Wait.until("the first one's first answer", 10, () -> Files.exists(begun), there -> there);
        String second =
                lab.mustIn(
                        guestFirst ? lab.pod : lab.guest,
                        command + ROUNDS + " /nowhere " + begun + " 2>&1");
        assertThat(second.strip())
                .as("all its rounds, by one other port")
                .matches("all " + ROUNDS + " \\d+")
                .doesNotEndWith(" " + PORT);
        Files.createFile(stop);
        String whole =
                Wait.until("the first one's count", 10, () -> Shell.text(said), t -> !t.isBlank());
        assertThat(whole.strip()).as("one port all the time").matches("all \\d+ " + PORT);
    }

    @ParameterizedTest
    @CsvSource({
        "kernel, 203.0.113.7",
        "listed, 203.0.113.7",
        "open, 203.0.113.7",
        "listed, 2001:db8::7"
    })
    void pingsByOneIdentifierAreAllAnswered(String carrier, String remote) throws IOException {
        carryBy(carrier);
        lab.mustIn(lab.guest, "ping -c 1 -e 4242 " + remote);
        String ping = "ping -q -e 4242 -c 50 -i 0.02 " + remote;
        Path said = lab.shell.directory().resolve("said");
        lab.startIn(lab.guest, "bash", "-c", ping + " > " + said + " 2>&1");
        assertThat(lab.mustIn(lab.pod, ping)).contains(" 0% packet loss");
        assertThat(
                        Wait.until(
                                "the guest's ping",
                                10,
                                () -> Shell.text(said),
                                t -> t.contains("packet loss")))
                .contains(" 0% packet loss");
    }

    /** Nobody listens at the remote endpoint: both hear of it. */
    @ParameterizedTest
    @CsvSource({"203.0.113.7"})
    void errorsAboutAMovedFlowReachThePod(String remote) throws IOException {
        carryBy("listed");
        String ask =
                """
                import socket
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.bind(("", %d))
                s.connect(("%s", 7001))
                s.settimeout(3)
                s.send(b"x")
                try:
                    s.recv(9)
                except ConnectionRefusedError:
                    print("refused")
                """
                        .formatted(PORT, remote);
        for (String side : new String[] {lab.guest, lab.pod}) {
            assertThat(lab.mustIn(side, "python3 -c '" + ask + "'").strip()).isEqualTo("refused");
        }
        assertThat(lab.mustClient("get", "counters")).contains("sent_for_pod");
    }
}
