package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many flows at once, and a flood. */
@RootTest
@Timeout(300)
class ScaleE2eTest {
    private static final String WEB = "http://" + Lab.OUTSIDE + ":8080/";

    /** Echoes datagrams on 200 ports. */
    private static final String ECHO =
            """
            import select, socket, sys
            poll = select.epoll()
            sockets = {}
            for port in range(20000, 20200):
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                s.bind((sys.argv[1], port))
                sockets[s.fileno()] = s
                poll.register(s, select.EPOLLIN)
            while True:
                for fd, _ in poll.poll():
                    for _ in range(64):
                        try:
                            data, peer = sockets[fd].recvfrom(100, socket.MSG_DONTWAIT)
                        except BlockingIOError:
                            break
                        sockets[fd].sendto(data, peer)
            """;

    /**
     * 500 sockets to 200 ports each: 100,000 flows, each with a payload of its own, twice round.
     */
    private static final String FLOWS =
            """
            import select, socket, sys, time
            sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(500)]
            by_fd = {}
            poll = select.epoll()
            for number, s in enumerate(sockets):
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                s.bind(('', 10000 + number))
                by_fd[s.fileno()] = number
                poll.register(s, select.EPOLLIN)
            missing, wrong = set(), 0
            def drain(timeout):
                global wrong
                got = 0
                for fd, _ in poll.poll(timeout):
                    number = by_fd[fd]
                    for _ in range(256):
                        try:
                            data, peer = sockets[number].recvfrom(100, socket.MSG_DONTWAIT)
                        except BlockingIOError:
                            break
                        key = (number, peer[1])
                        if data == b'%d %d' % key and peer[0] == sys.argv[1]:
                            missing.discard(key)
                        else:
                            wrong += 1
                        got += 1
                return got
            for turn in range(2):
                missing = {(n, p) for n in range(500) for p in range(20000, 20200)}
                for attempt in range(20):
                    for count, (number, port) in enumerate(list(missing)):
                        sockets[number].sendto(b'%d %d' % (number, port), (sys.argv[1], port))
                        if count % 64 == 63:
                            drain(0)
                    while drain(0.3):
                        pass
                    if not missing:
                        break
                print('turn', turn, 'unanswered', len(missing), 'wrong', wrong, 'attempts', attempt + 1, flush=True)
            """;

    private final Lab lab = new Lab().asInstalled();

    @AfterEach
    void close() {
        lab.close();
    }

    private Path script(String name, String text) throws IOException {
        return Files.writeString(lab.shell.directory().resolve(name), text);
    }

    @Test
    void aHundredThousandConcurrentFlowsAreAnsweredEachToItsOwn() throws IOException {
        lab.daemon().attachTap(Lab.CHAPTER, "--session-limit", "200000").configureGuest();
        lab.startIn(lab.out, "python3", script("echo.py", ECHO).toString(), Lab.OUTSIDE);
        lab.awaitSocket(lab.out, "udp src " + Lab.OUTSIDE + ":20199"); // its last
        String said =
                lab.mustIn(
                        lab.guest,
                        "timeout 100 python3 " + script("flows.py", FLOWS) + " " + Lab.OUTSIDE);
        System.out.println("100,000 UDP flows: " + said.replace("\n", "; "));
        assertThat(said)
                .contains("turn 0 unanswered 0 wrong 0")
                .contains("turn 1 unanswered 0 wrong 0");
        assertThat(lab.mustClient("get", "nics", "-o", "json"))
                .containsPattern("\"sessions\": 100\\d\\d\\d,");
        assertThat(lab.mustClient("drops"))
                .doesNotContain("drop_session_limit")
                .doesNotContain("drop_ports_exhausted");
    }

    @Test
    void synFloodOf200000LeavesAnOpenConnectionAndNewOnesWorking() throws IOException {
        lab.daemon().attachTap(Lab.CHAPTER, "--session-limit", "20000").configureGuest();
        Path directory = lab.page("guest");
        lab.shell.sh("head -c 80M /dev/zero > " + directory.resolve("slow"));
        lab.httpd(lab.guest, 80, directory);
        lab.httpd(lab.out, 8080, lab.page("outside"));
        Download open = new Download(lab, lab.out, "http://" + Lab.POD_ADDRESS + "/slow", "8M");
        // Each SYN from an address of its own; what the guest answers to them goes nowhere.
        lab.shell.must("ip", "-n", lab.out, "route", "add", "blackhole", "default");
        String flood =
                lab.in(
                                lab.out,
                                "timeout 60 hping3 -q -S -p 80 --rand-source -c 200000 -i u10 "
                                        + Lab.POD_ADDRESS
                                        + " 2>&1")
                        .out();
        assertThat(flood).contains("200000 packets transmitted");
        assertThat(lab.mustIn(lab.guest, "curl -sS -m 5 " + WEB))
                .as("a new connection of the guest")
                .isEqualTo("outside");
        assertThat(lab.mustIn(lab.out, "curl -sS -m 5 --retry 3 http://" + Lab.POD_ADDRESS))
                .as("a new connection to the guest")
                .isEqualTo("guest");
        open.assertEndsWhole(80 << 20); // over the connection from before
        assertThat(lab.mustClient("get", "nics", "-o", "json"))
                .as("the table is full and no fuller")
                .containsPattern("\"sessions\": (1?\\d{1,4}|20000),");
    }
}
