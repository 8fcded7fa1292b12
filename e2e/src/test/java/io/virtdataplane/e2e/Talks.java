package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Traffic of many flows at a time between a guest and the outside, in both directions and families,
 * that notices what a flow notices: a connection that is lost, a datagram that is, and how long
 * nothing came.
 */
final class Talks {
    private static final int SECONDS = 20;

    /** One end each of many TCP connections, of datagrams with numbers, or of echo requests. */
    private static final String SCRIPT =
            """
            import os, select, socket, subprocess, sys, time
            role, host, port, count, stop = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            goes_on = lambda: not os.path.exists(stop)

            class Silence:
                def __init__(self): self.last, self.longest = time.monotonic(), 0
                def heard(self):
                    now = time.monotonic()
                    self.longest = max(self.longest, now - self.last)
                    self.last = now

            def tcp_serve():
                listener = socket.create_server((host, port), family=family, backlog=512)
                poll = select.epoll(); poll.register(listener, select.EPOLLIN)
                peers = {}
                while True:
                    for fd, event in poll.poll():
                        if fd == listener.fileno():
                            peer, _ = listener.accept()
                            peers[peer.fileno()] = peer
                            poll.register(peer, select.EPOLLIN)
                            continue
                        try: data = peers[fd].recv(4096)
                        except OSError: data = b""
                        if data: peers[fd].sendall(data)
                        else: poll.unregister(fd); peers.pop(fd).close()

            def tcp_ask():
                peers = [socket.create_connection((host, port), timeout=10) for _ in range(count)]
                silences = [Silence() for _ in peers]
                lost = set()
                def exchange():
                    for number, peer in enumerate(peers):
                        if number in lost: continue
                        try:
                            peer.settimeout(30)
                            peer.sendall(b"0123456789")
                            if len(peer.recv(10, socket.MSG_WAITALL)) != 10: raise OSError("closed")
                            silences[number].heard()
                        except OSError as e:
                            lost.add(number); print("lost", number, e, flush=True)
                exchange()
                for silence in silences: silence.longest, silence.last = 0, time.monotonic()
                print("open", flush=True)
                while goes_on():
                    exchange(); time.sleep(count / 1000)
                print("end connections=%d lost=%d silence=%d" % (count, len(lost), 1000 * max(s.longest for s in silences)), flush=True)

            def datagrams():
                s = socket.socket(family, socket.SOCK_DGRAM)
                s.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE: what is lost is lost on the way
                return s

            def udp_serve():
                s = datagrams(); s.bind((host, port))
                while True:
                    data, peer = s.recvfrom(100); s.sendto(data, peer)

            def udp_ask():
                s = datagrams(); s.connect((host, port)); s.setblocking(False)
                sent = heard = 0
                silence = Silence(); begun = time.monotonic(); said = False
                def hear():
                    nonlocal heard
                    try:
                        while True:
                            s.recv(100); heard += 1; silence.heard()
                    except OSError: pass
                while goes_on():
                    while sent < (time.monotonic() - begun) * count and goes_on():
                        try: s.send(b"%d" % sent)
                        except OSError: pass
                        sent += 1
                        if sent % 8 == 0: hear()
                    hear()
                    if not said and heard > 100:
                        said = True; silence.longest = 0; print("open", flush=True)
                    time.sleep(0.001)
                heard_in_time = silence.longest; time.sleep(0.3); hear()
                print("end sent=%d lost=%d silence=%d" % (sent, sent - heard, 1000 * heard_in_time), flush=True)

            def ping_ask():
                ping = subprocess.Popen(["ping", "-i", "0.01", "-W", "1", host], stdout=subprocess.PIPE, text=True)
                silence = Silence(); numbers = set(); first = last = 0
                for line in ping.stdout:
                    if "icmp_seq=" not in line: continue
                    number = int(line.split("icmp_seq=")[1].split()[0])
                    if not numbers: print("open", flush=True); silence.longest, silence.last, first = 0, time.monotonic(), number
                    numbers.add(number); last = number; silence.heard()
                    if not goes_on(): break
                ping.kill()
                print("end sent=%d lost=%d silence=%d" % (last - first + 1, last - first + 1 - len(numbers), 1000 * silence.longest), flush=True)

            def bulk_serve():
                listener = socket.create_server((host, port), family=family)
                peer, _ = listener.accept()
                got = 0
                while data := peer.recv(65536):
                    got += len(data)
                    while got >= 65536: peer.sendall(b"."); got -= 65536

            def bulk_ask():
                s = socket.create_connection((host, port), timeout=10); s.settimeout(15)
                lost = sent = 0; begun = time.monotonic()
                silence = Silence(); print("open", flush=True)
                try:
                    while goes_on():
                        s.sendall(bytes(65536)); s.recv(1, socket.MSG_WAITALL); silence.heard(); sent += 1
                        time.sleep(max(0, begun + sent * 65536 / (count * 125000) - time.monotonic()))
                        if sent * 65536 < (time.monotonic() - begun - 1) * count * 125000: begun, sent = time.monotonic(), 0
                except OSError as e: lost = 1; print("lost", e, flush=True)
                print("end connections=1 lost=%d silence=%d" % (lost, 1000 * silence.longest), flush=True)

            def new_ask():
                silence = Silence(); asked = failed = 0; said = False
                while goes_on():
                    asked += 1
                    try:
                        with socket.create_connection((host, port), timeout=0.1) as peer:
                            peer.settimeout(0.1); peer.sendall(b"new")
                            if peer.recv(10): silence.heard()
                    except OSError: failed += 1
                    if not said and asked > 5 + failed: said = True; silence.longest = 0; print("open", flush=True)
                    time.sleep(0.02)
                print("end asked=%d lost=%d silence=%d" % (asked, failed, 1000 * silence.longest), flush=True)

            {"bulk-serve": bulk_serve, "bulk-ask": bulk_ask, "new-serve": tcp_serve, "new-ask": new_ask, "tcp-serve": tcp_serve, "tcp-ask": tcp_ask, "udp-serve": udp_serve, "udp-ask": udp_ask, "ping-ask": ping_ask}[role]()
            """;

    /**
     * What one end has noticed.
     *
     * @param lost connections, datagrams or echo replies
     * @param silence longest time that nothing came, milliseconds
     */
    record Noticed(String name, long of, long lost, long silence) {}

    private record Talk(String name, Path output) {}

    /** How a process is started in a network namespace: the command's first words. */
    interface Entering {
        List<String> command(String namespace);
    }

    private final Shell shell;
    private final Entering entering;
    private final Path script;
    private final Path outputs;
    private final List<Talk> talks = new ArrayList<>();
    private final List<Process> started = new ArrayList<>();
    private int port = 6000;

    Talks(Lab lab) {
        this(lab.shell, namespace -> List.of("ip", "netns", "exec", namespace));
    }

    Talks(Shell shell, Entering entering) {
        this.shell = shell;
        this.entering = entering;
        this.script = shell.directory().resolve("talks.py");
        this.outputs = directory(shell);
        shell.write(script, SCRIPT);
        shell.sh("rm -f " + stop());
    }

    /**
     * @param kind "tcp": so many connections; "udp": so many datagrams a second; "bulk": one
     *     connection of so many Mbit/s; "new": connections that are opened all the time
     * @param to where the server is reached, and {@code at} where it listens
     */
    Talks talk(String kind, String server, String at, String client, String to, int count) {
        int here = port++;
        start(server, "serve", kind + "-serve", at, here, count);
        awaitSocket(server, (kind.equals("udp") ? "udp" : "tcp") + " sport = :" + here);
        ask(kind, client, to, here, count);
        return this;
    }

    private static Path directory(Shell shell) {
        try {
            return Files.createTempDirectory(shell.directory(), "talks");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitSocket(String namespace, String socket) {
        List<String> look =
                new ArrayList<>(
                        Stream.of(
                                        entering.command(namespace),
                                        List.of("bash", "-c", "ss -Hln --" + socket))
                                .flatMap(List::stream)
                                .toList());
        Wait.until(
                socket,
                SECONDS,
                () -> shell.run(look.toArray(String[]::new)).out(),
                seen -> !seen.isBlank());
    }

    Talks ping(String client, String to) {
        ask("ping", client, to, 0, 0);
        return this;
    }

    private void ask(String kind, String client, String to, int number, int count) {
        String name = kind + " " + client + " to " + to;
        talks.add(new Talk(name, start(client, "ask", kind + "-ask", to, number, count)));
    }

    private Path start(String namespace, String as, String role, String host, int at, int count) {
        Path output = outputs.resolve(role + talks.size() + as);
        List<String> command = new ArrayList<>(entering.command(namespace));
        command.addAll(
                List.of(
                        "python3",
                        script.toString(),
                        role,
                        host,
                        String.valueOf(at),
                        String.valueOf(count),
                        stop().toString()));
        started.add(shell.start(output, command.toArray(String[]::new)));
        return output;
    }

    private Path stop() {
        return shell.directory().resolve("talks.stop");
    }

    /** Returns when all of them have talked. */
    Talks open() {
        talks.forEach(talk -> Wait.untilIn(talk.output(), "open", SECONDS));
        return this;
    }

    /** Ends all, and prints what they have noticed. */
    List<Noticed> end(String what) {
        shell.write(stop(), "");
        List<Noticed> all = talks.stream().map(this::noticed).toList();
        started.forEach(shell::end);
        all.forEach(each -> System.out.println(what + ": " + each));
        return all;
    }

    private Noticed noticed(Talk talk) {
        String said = Wait.untilIn(talk.output(), "end ", SECONDS);
        Matcher end = Pattern.compile("end \\w+=(\\d+) lost=(\\d+) silence=(\\d+)").matcher(said);
        assertThat(end.find()).as(said).isTrue();
        return new Noticed(
                talk.name(),
                Long.parseLong(end.group(1)),
                Long.parseLong(end.group(2)),
                Long.parseLong(end.group(3)));
    }
}
