package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pods with IPv4, with IPv6 and with both; the manifest's networks; bulk traffic unsegmented. */
@RootTest
@Timeout(300)
class DualStackE2eTest {
    private static final String WEB = "http://" + Lab.OUTSIDE + ":8080/";
    private static final String WEB6 = "http://[" + Lab.OUTSIDE6 + "]:8080/";
    private static final String POD = "http://" + Lab.POD_ADDRESS;
    private static final String POD6 = "http://[" + Lab.POD_ADDRESS6 + "]";
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    private static String curl(String url) {
        return "curl -sS -m 3 " + url;
    }

    @ParameterizedTest
    @CsvSource({"io_uring, tcx", "epoll, clsact"})
    void bothFamiliesWorkInBothDirections(String poller, String hooks) throws IOException {
        Path config =
                Files.writeString(
                        lab.shell.directory().resolve("config.yaml"),
                        "poller: " + poller + "\nhooks: " + hooks + "\n");
        lab.daemon("--config", config.toString()).attachTap(Lab.CHAPTER).configureGuest();
        lab.httpd(lab.out, 8080, lab.page("outside"));
        lab.httpd(lab.guest, 80, lab.page("guest"));
        lab.httpd(lab.guest, 49152, lab.page("reserved"));
        lab.httpd(lab.pod, 90, lab.page("pod"));
        for (String ping : new String[] {"10.0.2.1", Lab.OUTSIDE, "fd10:0:2::1", Lab.OUTSIDE6}) {
            assertThat(lab.mustIn(lab.guest, "ping -c3 -i0.2 " + ping)).contains(" 0% packet loss");
        }
        assertThat(lab.mustIn(lab.guest, curl(WEB) + "; " + curl(WEB6)))
                .isEqualTo("outsideoutside");
        assertThat(lab.mustIn(lab.out, curl(POD) + "; " + curl(POD6))).isEqualTo("guestguest");
        assertThat(lab.mustIn(lab.guest, curl(POD) + "; " + curl(POD6)))
                .as("hairpin to the pod's own address")
                .isEqualTo("guestguest");
        assertThat(lab.in(lab.out, curl(POD6 + ":81")).code()).as("refused").isEqualTo(7);
        assertThat(lab.in(lab.out, curl(POD6 + ":49152")).code()).as("timed out").isEqualTo(28);
        assertThat(lab.mustIn(lab.out, curl(POD6 + ":90"))).as("the pod's own").isEqualTo("pod");
        assertThat(lab.in(lab.guest, curl(POD6 + ":91")).code()).as("refused").isEqualTo(7);
        assertThat(lab.mustIn(lab.pod, curl(WEB6))).as("the pod's kernel").isEqualTo("outside");
        assertThat(lab.mustClient("get", "nics", "-o", "json"))
                .contains("\"guestIpv6Address\": \"fd10:0:2::2\"")
                .contains("\"podIpv6Address\": \"fd00:10:244::5\"");
        assertThat(lab.mustClient("get", "sessions"))
                .contains("[2001:db8::7]:8080")
                .contains("[fd10:0:2::2]:80");
    }

    @Test
    void podWithoutIpv6HasIpv4Only() {
        lab.withoutIpv6().daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.httpd(lab.out, 8080, lab.page("outside"));
        assertThat(lab.mustIn(lab.guest, curl(WEB))).isEqualTo("outside");
        assertThat(lab.in(lab.guest, curl(WEB6)).ok()).isFalse();
        assertThat(lab.mustClient("drops")).contains("drop_ethertype");
        assertThat(lab.mustClient("get", "nics")).doesNotContain("fd10:");
    }

    @Test
    void podWithoutIpv4HasIpv6Only() {
        lab.withoutIpv4().daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.httpd(lab.out, 8080, lab.page("outside"));
        lab.httpd(lab.guest, 80, lab.page("guest"));
        assertThat(lab.mustIn(lab.guest, curl(WEB6))).isEqualTo("outside");
        assertThat(lab.mustIn(lab.out, curl(POD6))).isEqualTo("guest");
        assertThat(lab.in(lab.guest, curl(WEB)).ok()).isFalse();
        assertThat(lab.mustClient("get", "nics", "-o", "json")).contains("\"podAddress\": \"\"");
    }

    @Test
    void networksOfTheManifestAreTheGuests() {
        String custom =
                Lab.CHAPTER.replace(
                        "pod: {}",
                        "pod: {vmNetworkCIDR: 192.168.77.13/28, vmIPv6NetworkCIDR: \"fd10:10:10::2/64\"}");
        lab.daemon()
                .attachTap(custom)
                .configureGuest(
                        "192.168.77.2/28", "192.168.77.1", "fd10:10:10::2/64", "fd10:10:10::1");
        lab.httpd(lab.out, 8080, lab.page("outside"));
        lab.httpd(lab.guest, 80, lab.page("guest"));
        assertThat(lab.mustIn(lab.guest, curl(WEB) + "; " + curl(WEB6)))
                .isEqualTo("outsideoutside");
        assertThat(lab.mustIn(lab.out, curl(POD) + "; " + curl(POD6))).isEqualTo("guestguest");
    }

    @ParameterizedTest
    @CsvSource({"on", "off"})
    void bulkArrivesAsItWasSentAndIsNotSegmentedByUs(String offloads) throws IOException {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        if (offloads.equals("off")) {
            lab.mustIn(
                    lab.guest, "ethtool -K eth0 tx off rx off tso off gso off gro off >/dev/null");
            lab.mustIn(lab.out, "ethtool -K eth0 tx off rx off tso off gso off gro off >/dev/null");
        }
        Path directory = Files.createDirectory(lab.shell.directory().resolve("big"));
        Path file = directory.resolve("file");
        lab.shell.sh("head -c 200M /dev/urandom > " + file);
        String hash = lab.shell.sh("sha256sum < " + file);
        lab.httpd(lab.out, 8080, directory);
        lab.httpd(lab.guest, 80, directory);
        String to = "/file | sha256sum";
        for (String url : new String[] {WEB + "file | sha256sum", WEB6 + "file | sha256sum"}) {
            assertThat(lab.mustIn(lab.guest, "curl -sS -m 60 " + url)).isEqualTo(hash);
        }
        for (String url : new String[] {POD + to, POD6 + to}) {
            assertThat(lab.mustIn(lab.out, "curl -sS -m 60 " + url)).isEqualTo(hash);
        }
        String counters = lab.mustClient("get", "counters");
        long in = counter(counters, "guest_frames") + counter(counters, "uplink_frames");
        long gso = counter(counters, "gso_frames");
        long out = counter(counters, "to_guest_frames") + counter(counters, "to_uplink_frames");
        assertThat(out).as("no frame became two").isLessThanOrEqualTo(in);
        if (offloads.equals("on")) {
            assertThat(gso).as("frames that are yet to be segmented").isGreaterThan(5_000);
            long bytes = counter(counters, "to_guest_bytes") + counter(counters, "to_uplink_bytes");
            assertThat(bytes / out).as("bytes a frame").isGreaterThan(3_000);
        } else {
            assertThat(gso).isLessThan(in / 100);
        }
        assertThat(counters).doesNotContain("drop_too_big").doesNotContain("drop_malformed");
    }

    private static long counter(String counters, String name) {
        return counters.lines()
                .filter(line -> line.matches("\\S+ +" + name + " +\\d+.*"))
                .mapToLong(line -> Long.parseLong(line.strip().replaceAll(".* ", "")))
                .sum();
    }

    @Test
    void iperf3OverBothFamiliesAndBothDirections() {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.startIn(lab.guest, "iperf3", "-s");
        // A UDP server answers from the address that it is bound to.
        lab.startIn(lab.out, "iperf3", "-s", "-B", Lab.OUTSIDE);
        lab.startIn(lab.out, "iperf3", "-s", "-B", Lab.OUTSIDE6);
        lab.awaitSocket(lab.guest, "tcp sport = :5201");
        lab.awaitSocket(lab.out, "tcp src " + Lab.OUTSIDE + ":5201");
        lab.awaitSocket(lab.out, "tcp src [" + Lab.OUTSIDE6 + "]:5201");
        String[] clients = {
            "iperf3 -4 -J -t 1 -c " + Lab.OUTSIDE, "iperf3 -6 -J -t 1 -c " + Lab.OUTSIDE6
        };
        for (String client : clients) {
            assertThat(lab.mustIn(lab.guest, client)).contains("\"sum_received\"");
            assertThat(lab.mustIn(lab.guest, client + " -u -b 100M"))
                    .contains("\"lost_percent\":\t0");
        }
        assertThat(lab.mustIn(lab.out, "iperf3 -4 -J -t 1 -c " + Lab.POD_ADDRESS))
                .contains("\"sum_received\"");
        assertThat(lab.mustIn(lab.out, "iperf3 -6 -J -t 1 -c " + Lab.POD_ADDRESS6))
                .contains("\"sum_received\"");
    }
}
