package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Settings changed while traffic flows; frames that explain their way; captures. */
@RootTest
@Timeout(300)
class ControlE2eTest {
    private static final String WEB = "http://" + Lab.OUTSIDE + ":8080/";
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void settingsChangeUnderTrafficAndConnectionsGoOn() throws IOException {
        lab.daemon().attachDevice(Lab.CHAPTER).configureGuest();
        Path directory = lab.page("guest");
        lab.shell.sh("head -c 60M /dev/zero > " + directory.resolve("slow"));
        lab.httpd(lab.guest, 80, directory);
        lab.httpd(lab.guest, 81, lab.page("other"));
        String slow = "http://[" + Lab.POD_ADDRESS6 + "]/slow";
        Download download = new Download(lab, lab.out, slow, "10M");

        assertThat(lab.mustClient("set", "vm", "--ports", "TCP/81", "--unlisted-policy", "reject"))
                .contains("nic/vm/default changed");
        assertThat(lab.in(lab.out, "curl -sS -m 3 http://" + Lab.POD_ADDRESS).code())
                .as("closed for new connections")
                .isEqualTo(7);
        assertThat(lab.mustIn(lab.out, "curl -sS -m 3 http://" + Lab.POD_ADDRESS + ":81"))
                .isEqualTo("other");
        lab.mustClient("set", "vm", "--session-limit", "200000", "--udp-seconds", "120");
        lab.mustClient("set", "vm", "--max-segment-size", "1000", "--sessions-per-second", "5000");
        download.assertEndsWhole(60 << 20);

        String described = lab.mustClient("describe", "nic", "vm");
        assertThat(described).contains("UDP 120 s").contains("of 200000").contains("TCP/81");
        assertThat(lab.mustClient("events")).contains("Changed").contains("ports=TCP/81");
        assertThat(lab.mustClient("events", "--tail", "1").lines()).hasSize(1);
        assertThat(lab.mustClient("events", "--since", "0s")).isEmpty();
        assertThat(lab.mustClient("events", "--since", "1h")).contains("ports=TCP/81");
        assertThat(lab.client("events", "--tail", "-1").out())
                .contains("tail must not be negative: tail=-1");
        lab.shell.end(lab.daemonProcess());
        lab.daemon();
        assertThat(lab.mustClient("describe", "nic", "vm"))
                .as("kept over a restart")
                .contains("UDP 120 s")
                .contains("TCP/81");
    }

    @Test
    void wrongSettingsAreRefusedWholeWithFieldAndRule() {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        String before = settings();
        String[][] wrong = {
            {"--ports", "TCP/0", "ports must be"},
            {"--ports", "ICMP/1", "ports must be"},
            {"--ports", "TCP/80,,UDP/1", "ports must be"},
            {"--udp-seconds", "30", "udp_seconds must be 120-604800 (RFC 4787 REQ-5)"},
            {"--tcp-established-seconds", "60", "tcp_established_seconds must be 7440-604800"},
            {"--tcp-transitory-seconds", "9", "tcp_transitory_seconds must be 240-604800"},
            {"--icmp-seconds", "1", "icmp_seconds must be 60-604800"},
            {"--session-limit", "5", "session_limit must be 16-4194304: session_limit=5"},
            {"--sessions-per-second", "-1", "sessions_per_second must be 0-1000000"},
            {"--fragment-limit", "5000", "fragment_limit must be 1-1024: fragment_limit=5000"},
            {"--mapping", "cone", "mapping must be endpoint-independent or address-and-port"},
            {"--filtering", "x", "filtering must be address-and-port-dependent or endpoint"},
            {"--refresh", "never", "refresh must be both or outbound: refresh=never"},
            {"--other-protocols", "maybe", "other_protocols must be translate or drop"},
            {"--max-segment-size", "10", "max_segment_size must be 0 or 88-65495"}
        };
        for (String[] row : wrong) {
            // A right setting beside it: nothing of the request may be taken.
            Shell.Result result =
                    lab.client("set", "vm", row[0], row[1], "--reserved-ports", "forward");
            assertThat(result.out()).contains(row[2]).doesNotContain("Exception");
            assertThat(result.out().strip().lines()).as("one line").hasSize(1);
            assertThat(result.code()).isEqualTo(1);
        }
        assertThat(settings()).isEqualTo(before).contains("\"reservedPorts\": \"drop\"");
        assertThat(lab.client("set", "vm").code()).as("nothing to change: usage").isEqualTo(2);
        assertThat(lab.client("set", "none", "--ports", "all").out()).contains("no such NIC");
    }

    private String settings() {
        String nics = lab.mustClient("get", "nics", "-o", "json");
        return nics.replaceFirst("(?s).*(\"nat\": \\{.*?\\}).*", "$1");
    }

    @Test
    void framesExplainTheirWay() {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.mustIn(lab.guest, "ping -c1 " + Lab.OUTSIDE);
        String forwarded =
                lab.mustClient("trace", "vm", "--flow", "tcp 198.51.100.9:5000 > pod:80");
        assertThat(forwarded)
                .contains("from outside: IPv4 198.51.100.9:5000 > 10.244.1.5:80 TCP flags S")
                .contains("port 80 is open inbound")
                .contains("would open a session: inside port 80, outside port 80")
                .contains("leaves as: IPv4 198.51.100.9:5000 > 10.0.2.2:80 TCP")
                .contains("=> forwarded");
        assertThat(lab.mustClient("trace", "vm", "--flow", "udp guest:40000 > [2001:db8::1]:53"))
                .contains("leaves as: IPv6 [fd00:10:244::5]:40000 > [2001:db8::1]:53 UDP");
        assertThat(lab.mustClient("trace", "vm", "--flow", "udp guest:1 > 127.0.0.1:2"))
                .contains("=> drop_martian");
        assertThat(lab.mustClient("trace", "vm", "--flow", "tcp 198.51.100.9:1 > pod:49152"))
                .contains("=> drop_reserved_port");
        assertThat(lab.mustClient("trace", "vm", "--hex", "ffffffffffff02", "-o", "json"))
                .contains("drop_malformed");
        assertThat(lab.mustClient("get", "sessions")).as("dry runs").doesNotContain("198.51.100.9");
        assertThat(lab.client("trace", "vm", "--flow", "nonsense").out())
                .contains("flow must be 'tcp|udp|icmp ADDRESS[:PORT] > ADDRESS[:PORT]'");
        assertThat(lab.client("trace", "vm", "--hex", "zz").out()).contains("hex must be");

        lab.startIn(
                lab.guest,
                "bash",
                "-c",
                "while :; do echo x > /dev/udp/127.0.0.9/9; echo x > /dev/udp/240.0.0.1/53; sleep 0.1; done");
        assertThat(lab.mustClient("trace", "vm", "--drops", "-c", "2", "--address", "240.0.0.1"))
                .as("live")
                .contains("> 240.0.0.1:53 UDP")
                .contains("=> drop_martian");
    }

    @Test
    void captureHasFramesBeforeAndBehindTheNatAndToolsReadIt() {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.httpd(lab.out, 8080, lab.page("outside"));
        Path file = lab.shell.directory().resolve("capture.pcap");
        Process capture = capture(file.toString(), "both", "tcp port 8080 or icmp6");
        Wait.until("the capture", 20, lab::clientsSaid, said -> said.contains("capturing on vm"));
        lab.mustIn(lab.guest, "curl -sS -m 3 " + WEB);
        lab.mustIn(lab.guest, "ping -c1 " + Lab.OUTSIDE);
        lab.mustIn(lab.guest, "ping -c2 -i0.2 " + Lab.OUTSIDE6);
        // The last frame of all: what is not captured by then never is.
        Wait.until(
                "the last answer",
                10,
                () -> lab.shell.run("tcpdump", "-nr", file.toString()).out(),
                seen -> seen.matches("(?s).*> fd10:0:2::2: ICMP6, echo reply, id \\d+, seq 2.*"));
        lab.shell.end(capture);
        String read = lab.shell.must("tcpdump", "-nr", file.toString());
        assertThat(read)
                .contains("IP 10.0.2.2.")
                .contains("IP 10.244.1.5.")
                .contains("IP6 fd10:0:2::2 > 2001:db8::7: ICMP6, echo request")
                .contains("IP6 fd00:10:244::5 > 2001:db8::7: ICMP6, echo request")
                .doesNotContain("ICMP echo");
        String malformed = lab.shell.must("tshark", "-r", file.toString(), "-Y", "_ws.malformed");
        assertThat(malformed.lines().filter(line -> !line.startsWith("Running as"))).isEmpty();
        assertThat(lab.mustClient("trace", "vm", "-r", file.toString(), "-c", "100"))
                .as("captured frames explain themselves, but not those of the gateway")
                .contains("from guest: IPv4 10.0.2.2:")
                .doesNotContain("outside: IPv6 fd10:0:2::1 >");

        assertThat(lab.client("capture", "vm", "-w", "-", "no such filter").out())
                .contains("filter must be an expression of pcap-filter(7)");
        assertThat(lab.client("capture", "vm", "-w", "-", "--side", "middle").out())
                .contains("side must be guest, uplink or both: side=middle");
        assertThat(lab.mustIn(lab.guest, "curl -sS -m 3 " + WEB)).isEqualTo("outside");
    }

    private Process capture(String file, String side, String filter) {
        return lab.startClient("capture", "vm", "-w", file, "--side", side, filter);
    }
}
