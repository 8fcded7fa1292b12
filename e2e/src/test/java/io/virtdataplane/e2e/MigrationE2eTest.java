package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.api.ImportSessionsResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A guest moves from node to node while it talks: masquerade NICs. */
@RootTest
@Timeout(180)
class MigrationE2eTest {
    private static final int MOVES = 10;
    private static final int CONNECTIONS = 10; // of each direction and family
    private static final int SECONDS = 20;
    private static final int LONGEST_MS = 1000;

    /**
     * Idle connections in both directions, asked datagrams, and when each is told: both families.
     */
    private static final String IDLE =
            """
            import select, socket, sys, time
            poll, names = select.poll(), {}
            def watch(s, name):
                names[s.fileno()] = (s, name); poll.register(s, 0)
            for host in sys.argv[1:3]:
                watch(socket.create_connection((host, 7000), timeout=10), "out " + host)
                s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
                s.settimeout(10); s.connect((host, 7002)); s.send(b"x"); s.recv(1)
                watch(s, "datagrams " + host)
            listener = socket.create_server(("::", 7001), family=socket.AF_INET6, dualstack_ipv6=True)
            print("listening", flush=True)
            for _ in range(2):
                s, peer = listener.accept(); watch(s, "in " + peer[0])
            print("open", flush=True)
            while names:
                for fd, event in poll.poll():
                    s, name = names.pop(fd); poll.unregister(fd)
                    print("reset %s errno=%d at=%d" % (name, s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), time.time() * 1000), flush=True)
            print("all", flush=True)
            """;

    private static final String HOLD =
            """
            import socket, sys, threading, time
            role, held = sys.argv[1], []
            def answer(host):
                s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
                s.bind((host, 7002))
                while True: s.sendto(*s.recvfrom(100))
            if role == "serve":
                for host in sys.argv[2:]: threading.Thread(target=answer, args=(host,), daemon=True).start()
                listener = socket.create_server(("::", 7000), family=socket.AF_INET6, dualstack_ipv6=True)
                while True: held.append(listener.accept())
            for host in sys.argv[2:]: held.append(socket.create_connection((host, 7001), timeout=10))
            time.sleep(600)
            """;

    private final MigrationLab nodes = new MigrationLab();
    private final Lab lab = nodes.one.lab;

    @AfterEach
    void close() {
        nodes.close();
    }

    private void awaitState(MigrationLab.Node node, String state) {
        Wait.until(state, SECONDS, node::state, state::equals);
    }

    /** Answers with their times, for the longest gaps between them. */
    private Path pings(String namespace, String to) {
        Path log = lab.shell.directory().resolve("pings-" + to);
        lab.shell.start(log, "ip", "netns", "exec", namespace, "ping", "-D", "-i", "0.01", to);
        return log;
    }

    /** Longest first, in milliseconds; as many as there were moves. */
    private static List<Long> outages(Path log) {
        Matcher times =
                Pattern.compile("(?m)^\\[(\\d+\\.\\d+)\\].*icmp_seq").matcher(Shell.text(log));
        List<Long> gaps = new ArrayList<>();
        double before = 0;
        while (times.find()) {
            double at = Double.parseDouble(times.group(1));
            if (before > 0) {
                gaps.add(Math.round((at - before) * 1000));
            }
            before = at;
        }
        return gaps.stream().sorted((a, b) -> Long.compare(b, a)).limit(MOVES).toList();
    }

    private Talks talks() {
        return new Talks(lab)
                .talk("tcp", lab.out, Lab.OUTSIDE, lab.guest, Lab.OUTSIDE, CONNECTIONS)
                .talk("tcp", lab.out, Lab.OUTSIDE6, lab.guest, Lab.OUTSIDE6, CONNECTIONS)
                .talk("tcp", lab.guest, "10.0.2.2", lab.out, Lab.POD_ADDRESS, CONNECTIONS)
                .talk("tcp", lab.guest, "fd10:0:2::2", lab.out, Lab.POD_ADDRESS6, CONNECTIONS)
                .ping(lab.guest, Lab.OUTSIDE)
                .ping(lab.guest, Lab.OUTSIDE6)
                .open();
    }

    private void move(MigrationLab.Node from, MigrationLab.Node to) {
        to.attach(true);
        assertThat(to.state()).isEqualTo("incoming");
        nodes.pause(from);
        from.drain(false);
        ImportSessionsResponse taken = to.take(from.export(), false);
        assertThat(taken.getTaken()).isGreaterThanOrEqualTo(4 * CONNECTIONS);
        nodes.resume(to);
        awaitState(to, "active");
        assertThat(from.state()).isEqualTo("drained");
        from.detach();
    }

    @Test
    void connectionsOutliveMovesWhereThePodKeepsItsAddress() {
        nodes.daemons();
        nodes.one.attach(false);
        String gateway = lab.mustIn(lab.guest, "ping -qc1 -W5 10.0.2.1 > /dev/null; ip neigh");
        Talks talks = talks();
        Path out = pings(lab.guest, Lab.OUTSIDE);
        Path in = pings(lab.out, Lab.POD_ADDRESS);
        for (int i = 0; i < MOVES; i++) {
            boolean isBack = i % 2 == 1;
            move(isBack ? nodes.other : nodes.one, isBack ? nodes.one : nodes.other);
        }
        lab.mustIn(lab.guest, "ping -qc1 -W5 " + Lab.OUTSIDE);
        for (Talks.Noticed each : talks.end("moves")) {
            if (each.name().startsWith("tcp")) {
                assertThat(each.lost()).as(each.name()).isZero();
            }
        }
        for (Path log : List.of(out, in)) {
            List<Long> outages = outages(log);
            System.out.println(
                    MOVES + " moves, outages in ms, " + log.getFileName() + ": " + outages);
            assertThat(outages.getFirst()).as("p99 of " + MOVES).isLessThan(LONGEST_MS);
        }
        assertThat(gateway).contains("02:00:00:00:00:00");
        assertThat(lab.mustIn(lab.guest, "ip neigh")).contains("02:00:00:00:00:00");
        lab.mustIn(lab.guest, "busybox udhcpc -i eth0 -f -q -n -t 5 -T 2 -s /bin/true 2>&1");
        assertThat(lab.mustClient("events"))
                .contains(
                        "Drained", "SessionsExported", "SessionsImported", "Arrived", "Announced");
    }

    private byte[] changed(byte[] file, String text, String other) {
        return new String(file, StandardCharsets.ISO_8859_1)
                .replace(text, other)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private void assertRefused(MigrationLab.Node node, byte[] file, String why) {
        assertThatThrownBy(() -> node.take(file, false)).as(why).hasMessageContaining(why);
    }

    @Test
    void guestThatStaysAfterAllHasLostNothing() {
        lab.keeping();
        nodes.daemons().elsewhere("10.244.1.6", "fd00:10:244::6");
        nodes.one.attach(false);
        Talks talks = talks();
        nodes.one.drain(false);
        nodes.one.drain(false);
        assertThat(lab.in(lab.guest, "ping -qc1 -W1 " + Lab.OUTSIDE).ok()).isFalse();
        assertThat(lab.in(lab.out, "ping -qc1 -W1 " + Lab.POD_ADDRESS).ok()).isFalse();
        assertThat(lab.mustClient("drops", "vm")).contains("drop_drained");
        lab.mustClient("drain", "vm", "--cancel");
        lab.mustClient("drain", "vm/default", "--cancel");
        lab.mustIn(lab.guest, "ping -qc1 -W5 " + Lab.OUTSIDE);
        for (Talks.Noticed each : talks.end("drained and given back")) {
            if (each.name().startsWith("tcp")) {
                assertThat(each.lost()).as(each.name()).isZero();
            }
        }
        assertNothingElseIsTaken();
    }

    private void assertNothingElseIsTaken() {
        lab.mustClient("drain", "vm");
        lab.endDaemon();
        lab.daemon();
        assertThat(lab.mustClient("get", "nics")).contains("STATE").contains("drained");

        Path file = lab.shell.directory().resolve("sessions");
        String cli =
                Path.of("").toAbsolutePath().getParent().resolve("bin/virt-dataplane").toString();
        lab.shell.sh("%s session export vm --socket %s > %s".formatted(cli, lab.socket(), file));
        byte[] whole = read(file);
        assertThat(lab.mustClient("get", "sessions")).as("also over the restart").contains("ICMP");
        nodes.other.attach(true);
        assertRefused(nodes.other, whole, "sessions must be of these addresses");
        assertRefused(
                nodes.other, Arrays.copyOf(whole, whole.length - 1), "checksum does not match");
        assertRefused(
                nodes.other, changed(whole, "sessions 1", "sessions 2"), "checksum does not match");
        assertRefused(
                nodes.other,
                "something else".getBytes(StandardCharsets.UTF_8),
                "session export has written");
        assertRefused(nodes.other, new byte[21 << 20], "sessions must be at most");
        assertThat(nodes.other.sessions()).isZero();
    }

    private static byte[] read(Path file) {
        return Shell.text(file).getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void connectionsAreResetAtOnceWhereThePodsAddressIsAnother() {
        nodes.daemons().elsewhere("10.244.1.6", "fd00:10:244::6");
        nodes.one.attach(false);
        nodes.other.midstream = "open"; // they are reset because the file says so
        Path script = lab.shell.directory().resolve("idle.py");
        Path hold = lab.shell.directory().resolve("hold.py");
        lab.shell.write(script, IDLE);
        lab.shell.write(hold, HOLD);
        lab.startIn(lab.out, "python3", hold.toString(), "serve", Lab.OUTSIDE, Lab.OUTSIDE6);
        lab.awaitSocket(lab.out, "tcp sport = :7000");
        lab.awaitSocket(lab.out, "udp sport = :7002");
        Path said = lab.shell.directory().resolve("idle.log");
        lab.shell.start(
                said,
                "ip",
                "netns",
                "exec",
                lab.guest,
                "python3",
                script.toString(),
                Lab.OUTSIDE,
                Lab.OUTSIDE6);
        Wait.untilIn(said, "listening", SECONDS);
        lab.startIn(lab.out, "python3", hold.toString(), "ask", Lab.POD_ADDRESS, Lab.POD_ADDRESS6);
        Wait.untilIn(said, "open", SECONDS);
        pings(lab.guest, Lab.OUTSIDE); // a guest is never quite silent

        nodes.other.attach(true);
        nodes.pause(nodes.one);
        nodes.one.drain(false);
        assertThat(nodes.other.take(nodes.one.export(), true).getTaken()).isGreaterThanOrEqualTo(6);
        long begun = System.currentTimeMillis();
        nodes.resume(nodes.other);
        String all = Wait.untilIn(said, "all", SECONDS);
        Matcher resets = Pattern.compile("reset (.*) errno=(\\d+) at=(\\d+)").matcher(all);
        int count = 0;
        while (resets.find()) {
            long after = Long.parseLong(resets.group(3)) - begun;
            System.out.println("not sticky: " + resets.group(1) + " told after " + after + " ms");
            assertThat(resets.group(2))
                    .as("ECONNREFUSED of a port unreachable, or ECONNRESET")
                    .isEqualTo(resets.group(1).startsWith("datagrams") ? "111" : "104");
            assertThat(after).as(resets.group(1)).isLessThan(LONGEST_MS);
            count++;
        }
        assertThat(count).isEqualTo(6);
        lab.mustIn(lab.guest, "ping -qc1 -W5 " + Lab.OUTSIDE6);
        lab.httpd(lab.guest, 80, lab.page("moved"));
        assertThat(lab.mustIn(lab.out, "curl -sS -m 5 http://10.244.1.6")).isEqualTo("moved");
    }
}
