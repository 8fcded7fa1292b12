package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Scrapes as agents and Prometheus do them, with curl and promtool. */
@RootTest
@Timeout(300)
class MetricsE2eTest {
    private static final String MACHINE =
            Lab.CHAPTER.replace("spec:\n  domain", "metadata: {namespace: shop}\nspec:\n  domain");
    private static final String NIC = "nic=vm/default";
    private static final String PREFIX = "virt_dataplane_";
    private static final String RECEIVED = PREFIX + "nic_receive_frames_total";
    private static final String DROPS = PREFIX + "nic_dropped_frames_total";
    private static final int SCRAPES = 100;
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    private static String scrape(Lab of, String... options) {
        String[] curl = {"curl", "-sS", "-m", "10", "--unix-socket", socket(of)};
        String[] url = {"http://localhost/metrics"};
        return of.shell.must(
                Stream.of(curl, options, url).flatMap(Arrays::stream).toArray(String[]::new));
    }

    private static String socket(Lab of) {
        return of.socket().replace(".sock", "-metrics.sock");
    }

    /**
     * The value of the one sample of this name and with these labels, in whatever order.
     *
     * @param labels as in "side=guest"
     */
    private static double value(String metrics, String name, String... labels) {
        List<String> samples =
                metrics.lines()
                        .filter(line -> line.startsWith(name + "{"))
                        .filter(line -> Stream.of(labels).allMatch(each -> has(line, each)))
                        .toList();
        assertThat(samples).as(name + List.of(labels) + " in:\n" + metrics).hasSize(1);
        return Double.parseDouble(samples.getFirst().replaceFirst(".* ", ""));
    }

    private static boolean has(String sample, String label) {
        String pair = label.replaceFirst("=(.*)", "=\"$1\"");
        return sample.contains("{" + pair) || sample.contains("," + pair);
    }

    private void attach() {
        lab.attachTap(MACHINE, "--name", "vm").configureGuest();
        lab.mustIn(lab.guest, "ping -c 5 -i 0.1 -W 2 " + Lab.OUTSIDE);
    }

    @Test
    void nicIsToldWithItsFramesSessionsAndDrops() {
        lab.daemon();
        attach();
        String before = scrape(lab);
        assertThat(value(before, RECEIVED, NIC, "side=guest")).isGreaterThanOrEqualTo(5);
        assertThat(value(before, PREFIX + "nic_transmit_bytes_total", NIC, "side=uplink"))
                .isGreaterThanOrEqualTo(5 * 98);
        assertThat(value(before, PREFIX + "nic_sessions", NIC, "namespace=shop", "machine=vm"))
                .isGreaterThanOrEqualTo(1);
        assertThat(value(before, PREFIX + "nic_lease", NIC, "family=ipv4")).isZero();
        assertThat(value(before, DROPS, NIC, "reason=drop_fault")).isZero();
        assertThat(before).doesNotContain("drop_ttl_expired");
        lab.mustIn(lab.guest, "busybox udhcpc -i eth0 -n -q -t 3 -T 2 -s /bin/true 2>&1");
        lab.in(lab.guest, "ping -c 3 -i 0.1 -W 1 -t 1 " + Lab.OUTSIDE);
        String after = scrape(lab);
        assertThat(value(after, DROPS, NIC, "reason=drop_ttl_expired")).isEqualTo(3);
        assertThat(value(after, PREFIX + "nic_lease", NIC, "family=ipv4")).isEqualTo(1);
        assertThat(value(after, PREFIX + "nic_dhcp_answers_total", NIC, "answer=ack")).isEqualTo(1);
        assertThat(value(after, PREFIX + "worker_up", "worker=0")).isEqualTo(1);
        assertThat(value(after, PREFIX + "worker_cpu_seconds_total", "worker=0")).isGreaterThan(0);
        lab.mustClient("detach", "vm");
        assertThat(scrape(lab)).doesNotContain("vm/default");
    }

    @Test
    void bridgeIsToldWithItsUplinkItsGuestAndItsVlans() {
        try (BridgeLab node = new BridgeLab()) {
            node.bridges();
            node.apply(BridgeLab.network("vlan100", "\"vlan\": 100"));
            String guest = node.guest("one", "vlan100", "10.100.0.1/24");
            node.lab.mustIn(guest, "ping -c 3 -i 0.1 -W 5 10.100.0.9");
            String metrics = scrape(node.lab);
            assertThat(value(metrics, PREFIX + "bridge_stations", "bridge=br1"))
                    .isGreaterThanOrEqualTo(2);
            assertThat(
                            value(
                                    metrics,
                                    PREFIX + "bridge_vlan_frames_total",
                                    "bridge=br1",
                                    "vlan=100"))
                    .isGreaterThanOrEqualTo(6);
            assertThat(value(metrics, RECEIVED, "nic=br1/eth1", "bridge=br1", "side=uplink"))
                    .isGreaterThanOrEqualTo(3);
            assertThat(value(metrics, RECEIVED, "nic=one/bridge-net", "bridge=br1", "side=guest"))
                    .isGreaterThanOrEqualTo(3);
        }
    }

    @Test
    void promtoolFindsNoFaultInMetricsRulesAndQueries() throws IOException {
        assumeTrue(
                lab.shell.run("bash", "-c", "command -v promtool").ok(),
                "promtool (package prometheus) is not installed");
        lab.daemon();
        attach();
        lab.in(lab.guest, "ping -c 1 -W 1 240.0.0.1");
        Path scraped = Files.writeString(lab.shell.directory().resolve("metrics"), scrape(lab));
        assertThat(lab.shell.must("bash", "-c", "promtool check metrics < " + scraped)).isEmpty();
        String deploy = Path.of("../deploy").toAbsolutePath().normalize().toString();
        assertThat(lab.shell.must("promtool", "check", "rules", deploy + "/alerts.yaml"))
                .contains("SUCCESS");
        assertThat(lab.shell.must("promtool", "test", "rules", deploy + "/alerts-test.yaml"))
                .contains("SUCCESS");
    }

    @Test
    void openMetricsIsGivenToWhomItIsAskedBy() {
        lab.daemon();
        attach();
        String said = scrape(lab, "-i", "-H", "Accept: application/openmetrics-text;version=1.0.0");
        assertThat(said)
                .contains("application/openmetrics-text; version=1.0.0")
                .contains("# TYPE virt_dataplane_nic_receive_frames counter\n")
                .endsWith("# EOF\n");
        assertThat(scrape(lab, "-i")).contains("text/plain; version=0.0.4");
    }

    @Test
    void socketIsForTheSamePeopleAsTheControlSocket() {
        lab.daemon();
        assertThat(lab.shell.must("stat", "-c", "%a", socket(lab)).strip()).isEqualTo("660");
        lab.shell.must("chmod", "777", socket(lab));
        lab.shell.must("chmod", "755", lab.shell.directory().toString());
        Shell.Result stranger =
                lab.shell.run(
                        "bash",
                        "-c",
                        "setpriv --reuid=65534 --regid=65534 --clear-groups curl -sS -m 5 --unix-socket "
                                + socket(lab)
                                + " http://localhost/metrics");
        assertThat(stranger.ok()).as(stranger.out()).isFalse();
        assertThat(lab.daemonLog()).contains("metrics connection refused: uid=65534");
        lab.endDaemon();
        assertThat(Path.of(socket(lab))).doesNotExist();
    }

    @Test
    void loopbackPortIsServedWhereItIsSetAndNicsAboveTheLimitAreCounted() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            port = free.getLocalPort();
        }
        Path config = lab.shell.directory().resolve("config.yaml");
        Files.writeString(config, "metrics: {nics: 0}\n");
        String address = "127.0.0.1:" + port;
        lab.daemon("--config", config.toString(), "--metrics-address", address);
        attach();
        String metrics =
                lab.shell.must("curl", "-sS", "-m", "10", "http://" + address + "/metrics");
        assertThat(metrics).doesNotContain("vm/default");
        assertThat(value(metrics, PREFIX + "metrics_left_out", "what=nics")).isEqualTo(1);
        String listening = lab.shell.must("ss", "-Htln", "sport = :" + port);
        assertThat(listening.lines())
                .hasSize(1)
                .allMatch(line -> line.matches(".*127\\.0\\.0\\.1]?:.*"));
    }

    @Test
    void aHundredScrapesUnderTrafficCostNoPing() throws IOException {
        lab.daemon();
        attach();
        Path directory = lab.page("outside");
        lab.shell.sh("truncate -s 2G " + directory.resolve("large"));
        lab.httpd(lab.out, 8080, directory);
        Download traffic =
                new Download(lab, lab.guest, "http://" + Lab.OUTSIDE + ":8080/large", "400M");
        Path pings = lab.shell.directory().resolve("pings");
        Process pinging =
                lab.startIn(
                        lab.guest,
                        "bash",
                        "-c",
                        "exec ping -q -i 0.01 -c 500 -W 2 %s > %s".formatted(Lab.OUTSIDE, pings));
        String times =
                lab.shell.sh(
                        "for i in $(seq %d); do curl -sS -m 10 --unix-socket %s -o /dev/null -w '%%{http_code} %%{time_total}\\n' http://localhost/metrics; done"
                                .formatted(SCRAPES, socket(lab)));
        assertThat(times.lines()).hasSize(SCRAPES).allMatch(line -> line.startsWith("200 "));
        assertThat(pinging.onExit().join().exitValue()).isZero();
        assertThat(Files.readString(pings)).contains("500 received, 0% packet loss");
        traffic.assertEndsWhole(2L << 30);
        System.out.printf(
                "scrape under traffic: median %s s, packet thread kept for %.0f us%n",
                times.lines().map(line -> line.split(" ")[1]).sorted().toList().get(SCRAPES / 2),
                value(scrape(lab), PREFIX + "worker_scrape_seconds", "worker=0") * 1e6);
    }
}
