package io.virtdataplane.e2e;

import java.nio.file.Path;
import java.util.stream.Stream;

/** Servers behind a Service, and clients of it. */
final class ServiceScripts {
    /** Says by TCP and UDP at which address it was asked, and then repeats what it gets. */
    static final String SERVER =
            """
            import socket, sys, threading
            def tcp(s, me):
                while True:
                    c, _ = s.accept()
                    threading.Thread(target=talk, args=(c, me)).start()
            def talk(c, me):
                try:
                    c.sendall(me + b'\\n')
                    while (d := c.recv(100)): c.sendall(d)
                except OSError: pass
                c.close()
            def udp(s, me):
                while True:
                    d, peer = s.recvfrom(2000)
                    s.sendto(me + b' ' + d, peer)
            for me in sys.argv[1:]:
                t = socket.socket(); t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                t.bind((me, 8080)); t.listen(512)
                u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind((me, 8080))
                threading.Thread(target=tcp, args=(t, me.encode())).start()
                threading.Thread(target=udp, args=(u, me.encode())).start()
            """;

    /**
     * From one port, every 10 ms: prints who answers whenever it is another, and after what gap.
     */
    static final String UDP_CLIENT =
            """
            import socket, sys, time
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.connect((sys.argv[1], 80)); s.settimeout(0.01)
            before, seen = '', time.monotonic()
            while True:
                try:
                    s.send(b'x')
                    who = s.recv(100).decode().split()[0]
                except OSError:
                    who = ''
                now = time.monotonic()
                if who and who != before:
                    print(who, int((now - seen) * 1000), flush=True)
                    before = who
                if who: seen = now
                time.sleep(0.01)
            """;

    /** One connection after the other: prints how many there were and how many have failed. */
    static final String TCP_CLIENT =
            """
            import socket, sys
            n = failed = 0
            while True:
                try:
                    c = socket.create_connection((sys.argv[1], 80), 2)
                    c.settimeout(2)
                    if not c.recv(100): failed += 1
                    c.close()
                except OSError as e:
                    failed += 1
                n += 1
                print(n, failed, flush=True)
            """;

    /**
     * Talks every 20 ms: by one connection, by datagrams from one port, or by a new connection each
     * time, which is given up after 0.2 s. Prints how often, and the longest time without an
     * answer.
     */
    static final String TALK =
            """
            import socket, sys, time
            kind, host = sys.argv[1], sys.argv[2]
            def connected(timeout):
                c = socket.create_connection((host, 80), timeout)
                c.recv(100)
                return c
            def datagrams():
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.connect((host, 80)); s.settimeout(0.02)
                return s
            peer = connected(20) if kind == 'tcp' else datagrams() if kind == 'udp' else None
            n, longest, seen = 0, 0, time.monotonic()
            while True:
                try:
                    if kind == 'new': connected(0.2).close()
                    else: peer.send(b'x'); peer.recv(100)
                    now = time.monotonic()
                    longest, seen, n = max(longest, now - seen), now, n + 1
                    print(n, int(longest * 1000), flush=True)
                except OSError:
                    if kind == 'tcp': raise
                time.sleep(0.02)
            """;

    /** The guest of a pod: says by TCP at 22 and by UDP at 53 its name, and who has asked. */
    static final String NAMED =
            """
            import socket, sys, threading
            me = sys.argv[1].encode() + b' '
            def who(peer): return me + peer[0].replace('::ffff:', '').encode()
            def tcp(s):
                while True:
                    c, peer = s.accept()
                    threading.Thread(target=talk, args=(c, peer)).start()
            def talk(c, peer):
                try:
                    c.sendall(who(peer) + b'\\n')
                    while (d := c.recv(65536)): c.sendall(d)
                except OSError: pass
                c.close()
            u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); u.bind(('', 53))
            t = socket.create_server(('', 22), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64)
            threading.Thread(target=tcp, args=(t,)).start()
            while True:
                d, peer = u.recvfrom(2000)
                u.sendto(who(peer), peer)
            """;

    /**
     * tcp|udp HOST PORT TIMES: who has answered, sorted, each once, separated by commas; of what
     * failed the name of the exception.
     */
    static final String ASK =
            """
            import socket, sys
            kind, host, port, times = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
            said = set()
            for i in range(times):
                try:
                    if kind == 'tcp':
                        s = socket.create_connection((host, port), 1.5)
                    else:
                        s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
                        s.settimeout(1.5); s.connect((host, port)); s.send(b'x')
                    s.settimeout(3)
                    said.add(s.recv(100).decode().strip())
                    s.close()
                except OSError as e: said.add(type(e).__name__)
            print(','.join(sorted(said)), end='')
            """;

    private ServiceScripts() {}

    /** How often a talk was answered. */
    static long count(Path said) {
        return last(said)[0];
    }

    /** The same, and the longest time without an answer, in milliseconds. */
    static long[] last(Path said) {
        String[] lines = Shell.text(said).strip().split("\n");
        String line = lines[lines.length - 1];
        if (!line.isEmpty() && !line.matches("\\d+ \\d+")) {
            throw new AssertionError(Shell.text(said));
        }
        return line.isEmpty()
                ? new long[2]
                : Stream.of(line.split(" ")).mapToLong(Long::parseLong).toArray();
    }
}
