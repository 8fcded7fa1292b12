package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What has bitten others: each trap with a test of its own. */
@RootTest
@Timeout(300)
class TrapsE2eTest {
    private static final String WEB = "http://" + Lab.OUTSIDE;
    private static final String WEB6 = "http://[" + Lab.OUTSIDE6 + "]";

    /** Echoes datagrams of both families on port 9999, and says what it got. */
    private static final String ECHO =
            """
            import select, socket, sys
            sockets = []
            for family, host in ((socket.AF_INET, sys.argv[1]), (socket.AF_INET6, sys.argv[2])):
                s = socket.socket(family, socket.SOCK_DGRAM)
                s.bind((host, 9999))
                sockets.append(s)
            while True:
                for s in select.select(sockets, [], [])[0]:
                    data, peer = s.recvfrom(2000)
                    if s.family == socket.AF_INET:
                        s.setsockopt(socket.SOL_SOCKET, 11, 1)  # SO_NO_CHECK
                    s.sendto(data, peer)
            """;

    private static final String ASK =
            """
            import socket, sys
            for family, host in ((socket.AF_INET, sys.argv[1]), (socket.AF_INET6, sys.argv[2])):
                s = socket.socket(family, socket.SOCK_DGRAM)
                if family == socket.AF_INET:  # over IPv6 a checksum is a must
                    s.setsockopt(socket.SOL_SOCKET, 11, 1)  # SO_NO_CHECK
                s.settimeout(3)
                s.sendto(b'ask', (host, 9999))
                print(s.recvfrom(100)[0].decode(), flush=True)
            """;

    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void podAndGuestUseOnePortNumberAndTheKernelIsSilentAboutTheGuests() {
        lab.daemon().attachTap(Lab.CHAPTER, "--ports", "all").configureGuest();
        lab.httpd(lab.out, 8080, lab.page("outside"));
        lab.httpd(lab.out, 8081, lab.page("other"));
        for (int number = 0; number < 5; number++) {
            for (String web : new String[] {WEB, WEB6}) {
                int port = (web.equals(WEB) ? 40000 : 40100) + number;
                String guests = "curl -sS -m 3 --local-port " + port + " " + web + ":8080/";
                String pods = "curl -sS -m 3 --local-port " + port + " " + web + ":8081/";
                assertThat(lab.mustIn(lab.guest, guests)).isEqualTo("outside");
                assertThat(lab.mustIn(lab.pod, pods)).isEqualTo("other");
            }
        }
        assertThat(
                        lab.mustIn(
                                        lab.pod,
                                        "nstat -asz TcpOutRsts Icmp6OutDestUnreachs IcmpOutDestUnreachs | awk 'NR > 1 {s += $2} END {print s}'")
                                .strip())
                .as("resets and unreachables of the pod's kernel")
                .isEqualTo("0");
    }

    @Test
    void nothingLeavesThePodWithAPrivateSource() {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.httpd(lab.out, 8080, lab.page("outside"));
        Watch watch =
                new Watch(
                        lab,
                        lab.out,
                        "-i eth0 'src net 10.0.2.0/24 or src net 10.77.0.0/16 or src net fd10::/16 or src net fd77::/16 or (icmp and src host 10.244.1.5)'");
        lab.mustIn(lab.guest, "curl -sS -m 3 " + WEB + ":8080/ " + WEB6 + ":8080/");
        lab.mustIn(lab.guest, "ping -c2 -i0.2 " + Lab.OUTSIDE);
        // Sources that are not its own, segments of no connection, what is left of closed ones.
        lab.mustIn(
                lab.guest,
                "ip addr add 10.77.0.2/24 dev eth0; ip addr add fd77::2/64 dev eth0 nodad");
        lab.in(lab.guest, "ping -c2 -i0.2 -W1 -I 10.77.0.2 " + Lab.OUTSIDE);
        lab.in(lab.guest, "ping -6 -c2 -i0.2 -W1 -I fd77::2 " + Lab.OUTSIDE6);
        for (String flags : new String[] {"-A", "-R", "-F -A", "-S -A", "-F -P -U"}) {
            lab.in(lab.guest, "hping3 -c 3 -i u1000 " + flags + " -p 8080 " + Lab.OUTSIDE);
        }
        lab.in(lab.guest, "hping3 -c 3 -i u1000 --rawip --ipproto 47 " + Lab.OUTSIDE);
        lab.in(
                lab.guest,
                "ping -c1 -W1 10.0.2.1; ping -c1 -W1 224.0.0.251; ping -c1 -W1 240.0.0.1");
        // Frames leave in the order in which they came: behind this one there are no others.
        lab.mustIn(lab.guest, "ping -c1 -s 777 " + Lab.OUTSIDE);
        assertThat(watch.until("length 785").end().lines().filter(line -> !line.isBlank()))
                .as("no private source; the ping shows that the watch was awake")
                .isNotEmpty()
                .allMatch(line -> line.contains("IP 10.244.1.5 > 203.0.113.7: ICMP"));
        assertThat(lab.mustClient("drops"))
                .contains("drop_spoofed_address")
                .contains("drop_martian");
    }

    @Test
    void udpWithoutChecksumCrossesBothWays() throws IOException {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        Path echo = Files.writeString(lab.shell.directory().resolve("echo.py"), ECHO);
        Path ask = Files.writeString(lab.shell.directory().resolve("ask.py"), ASK);
        lab.startIn(lab.out, "python3", echo.toString(), Lab.OUTSIDE, Lab.OUTSIDE6);
        lab.awaitSocket(lab.out, "udp src [" + Lab.OUTSIDE6 + "]:9999"); // its last
        assertThat(lab.mustIn(lab.guest, "python3 " + ask + " " + Lab.OUTSIDE + " " + Lab.OUTSIDE6))
                .isEqualTo("ask\nask\n");
    }
}
