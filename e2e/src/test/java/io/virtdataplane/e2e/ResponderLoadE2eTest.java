package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Many questions to the gateway: how fast it answers, and that a flood of them hurts nobody else.
 */
@RootTest
@Timeout(300)
class ResponderLoadE2eTest {
    private static final String FLOOD =
            """
            import socket, struct, sys, time
            mac = bytes.fromhex(open('/sys/class/net/eth0/address').read().strip().replace(':', ''))
            s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            s.bind(('eth0', 0))
            def total(data):
                data += b'\\0' * (len(data) % 2)
                n = sum(struct.unpack('!%dH' % (len(data) // 2), data))
                n = (n & 0xffff) + (n >> 16)
                return ~(n + (n >> 16)) & 0xffff
            arp = b'\\xff' * 6 + mac + b'\\x08\\x06' + bytes.fromhex('0001080006040001') + mac + bytes([10, 0, 2, 2]) + b'\\0' * 6 + bytes([10, 0, 2, 1])
            bootp = bytes.fromhex('01010600') + b'abcd' + b'\\0' * 20 + mac + b'\\0' * 202 + bytes.fromhex('63825363350101ff')
            udp = struct.pack('!HHHH', 68, 67, 8 + len(bootp), 0) + bootp
            ip = bytes.fromhex('4500') + struct.pack('!HHHBBH', 20 + len(udp), 0, 0, 64, 17, 0) + b'\\0' * 4 + b'\\xff' * 4
            ip = ip[:10] + struct.pack('!H', total(ip)) + ip[12:]
            dhcp = b'\\xff' * 6 + mac + b'\\x08\\0' + ip + udp
            src = socket.inet_pton(socket.AF_INET6, 'fd10:0:2::2')
            target = socket.inet_pton(socket.AF_INET6, 'fd10:0:2::1')
            dst = socket.inet_pton(socket.AF_INET6, 'ff02::1:ff00:1')
            icmp = bytes.fromhex('87000000') + b'\\0' * 4 + target + b'\\x01\\x01' + mac
            icmp = icmp[:2] + struct.pack('!H', total(src + dst + struct.pack('!IHBB', len(icmp), 0, 0, 58) + icmp)) + icmp[4:]
            ns = bytes.fromhex('3333ff000001') + mac + bytes.fromhex('86dd60000000') + struct.pack('!HBB', len(icmp), 58, 255) + src + dst + icmp
            end = time.time() + float(sys.argv[1])
            sent = 0
            while time.time() < end:
                for i in range(100):
                    for frame in (arp, dhcp, ns):
                        try:
                            s.send(frame)
                            sent += 1
                        except OSError:
                            pass
            print('SENT', sent)
            """;
    private final Lab lab = new Lab().asInstalled();
    private final Lab other = new Lab();

    @AfterEach
    void close() {
        other.close();
        lab.close();
    }

    @Test
    void aGuestThatFloodsItsGatewayHurtsNoOtherAndItsAnswersAreLimited() throws IOException {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        attachOther();
        other.httpd(other.out, 8080, other.page("outside"));
        Path flood = Files.writeString(lab.shell.directory().resolve("flood.py"), FLOOD);
        Path said = lab.shell.directory().resolve("flood.txt");
        Process flooding =
                lab.startIn(
                        lab.guest,
                        "bash",
                        "-c",
                        "exec python3 %s 6 > %s 2>&1".formatted(flood, said));
        Wait.until(
                "the flood's limit",
                10,
                () -> lab.mustClient("get", "counters", "vm"),
                counters -> counters.contains("drop_rate_limited"));
        String pings = other.mustIn(other.guest, "ping -q -i 0.02 -c 100 -W 2 10.0.2.1");
        assertThat(pings).as("the other guest's gateway").contains(" 0% packet loss");
        assertThat(
                        other.mustIn(
                                other.guest,
                                "busybox udhcpc -i eth0 -n -q -t 3 -T 2 -s /bin/true 2>&1"))
                .contains("lease of 10.0.2.2 obtained");
        assertThat(other.mustIn(other.guest, "curl -sS -m 5 http://203.0.113.7:8080/"))
                .isEqualTo("outside");
        awaitEnd(flooding);
        long sent = number(Files.readString(said), "SENT (\\d+)");
        String drops = lab.mustClient("get", "counters", "vm");
        long limited = number(drops, "drop_rate_limited +(\\d+)");
        long answered = number(drops, "answered +(\\d+)");
        System.out.printf(
                "flood: %,d questions, %,d answered, %,d over the limit%n",
                sent, answered, limited);
        assertThat(sent).isGreaterThan(20_000);
        assertThat(limited).isGreaterThan(sent / 2);
        assertThat(answered).as("1,000 a second").isBetween(3000L, 12_000L);
        assertThat(lab.mustClient("get", "counters", "other")).doesNotContain("drop_rate_limited");
        lab.mustIn(lab.guest, "ping -q -c 1 -W 2 10.0.2.1");
    }

    @Test
    void perfdhcpIsAnsweredUpToTheLimit() {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        for (String family : new String[] {"-4 -B", "-6"}) {
            String all = family.equals("-6") ? " all" : "";
            String said =
                    lab.in(
                                    lab.guest,
                                    "timeout 30 perfdhcp %s -r 200 -R 1 -n 400 -l eth0 -W 500000%s"
                                            .formatted(family, all))
                            .out();
            assertThat(number(said, "Malformed packets: (\\d+)")).isZero();
            assertThat(number(said, "(?s)(?:REQUEST-ACK|REQUEST-REPLY).*?received packets: (\\d+)"))
                    .as(said)
                    .isGreaterThan(380);
            System.out.println(
                    "perfdhcp "
                            + family
                            + said.replaceFirst(
                                    "(?s).*?(Rate: [0-9.]+).*?avg delay: ([0-9.]+ ms).*",
                                    ": $1 exchanges/s, mean delay $2"));
        }
        String flooded =
                lab.in(lab.guest, "timeout 30 perfdhcp -4 -B -r 4000 -R 1 -n 8000 -l eth0").out();
        assertThat(number(flooded, "received packets: (\\d+)")).as(flooded).isBetween(1000L, 7000L);
        assertThat(lab.mustClient("drops")).contains("drop_rate_limited");
    }

    private void attachOther() {
        lab.mustClient(
                "attach",
                "-f",
                other.manifest(Lab.CHAPTER).toString(),
                "--name",
                "other",
                "--netns",
                other.pod,
                "--guest",
                "tap:tap0");
        lab.shell.must(
                "ip", "-n", other.pod, "link", "set", "tap0", "netns", other.guest, "name", "eth0");
        lab.shell.must("ip", "-n", other.guest, "link", "set", "eth0", "up");
        other.configureGuest();
    }

    private static void awaitEnd(Process process) {
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static long number(String text, String pattern) {
        var matcher = java.util.regex.Pattern.compile(pattern).matcher(text);
        if (!matcher.find()) {
            throw new AssertionError("no " + pattern + " in:\n" + text);
        }
        return Long.parseLong(matcher.group(1));
    }
}
