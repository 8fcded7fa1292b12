package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bits and packets a second of a NIC, in each direction, set and lifted under traffic. */
@RootTest
@Timeout(300)
class RateLimitE2eTest {
    private static final String ANNOTATED =
            """
            kind: VirtualMachine
            spec:
              template:
                metadata:
                  annotations: {kubernetes.io/egress-bandwidth: 50M}
                spec:
                  domain: {devices: {interfaces: [{name: default, masquerade: {}}]}}
                  networks: [{name: default, pod: {}}]
            """;

    /** Mbit/s that the receiver got. */
    private static long megabits(Lab lab, String from, String options) {
        String said = lab.mustIn(from, "iperf3 -J -t 2 -O 1 " + options);
        Matcher received =
                Pattern.compile(
                                "\"sum_received\":.*?\"bits_per_second\":\\s*([0-9.e+]+)",
                                Pattern.DOTALL)
                        .matcher(said);
        assertThat(received.find()).as(said).isTrue();
        return Math.round(Double.parseDouble(received.group(1)) / 1e6);
    }

    @Test
    void aMasqueradeNicKeepsToItsLimitsAlsoAfterARestart() {
        try (Lab lab = new Lab().asInstalled()) {
            lab.daemon().attachDevice(ANNOTATED).configureGuest();
            lab.startIn(lab.out, "iperf3", "-s", "-B", Lab.OUTSIDE);
            lab.awaitSocket(lab.out, "tcp sport = :5201");
            String out = "-c " + Lab.OUTSIDE;
            assertThat(lab.mustClient("describe", "nic", "vm"))
                    .containsPattern("Egress limit: +50Mbit/s")
                    .containsPattern("Fast path: +off: the NIC has a rate limit");
            assertThat(megabits(lab, lab.guest, out)).as("egress, TCP").isBetween(40L, 55L);
            assertThat(megabits(lab, lab.guest, out + " -R")).as("ingress").isGreaterThan(200);
            assertThat(lab.mustIn(lab.guest, "iperf3 -J -u -b 200M -t 1 " + out))
                    .as("three quarters are lost")
                    .containsPattern("\"lost_percent\":\\s*[67]");
            assertThat(lab.mustClient("get", "counters", "vm"))
                    .containsPattern("drop_egress_rate +[1-9]");

            lab.mustClient("set", "vm", "--egress-bandwidth", "0", "--ingress-bandwidth", "20M");
            assertThat(megabits(lab, lab.guest, out)).as("lifted").isGreaterThan(200);
            assertThat(megabits(lab, lab.guest, out + " -R")).as("ingress").isBetween(16L, 23L);

            lab.mustClient("set", "vm", "--ports", "all"); // limits stay
            lab.endDaemon();
            lab.daemon();
            assertThat(lab.mustClient("describe", "nic", "vm"))
                    .containsPattern("Ingress limit: +20Mbit/s")
                    .doesNotContain("Egress limit");
            assertThat(
                            lab.client(
                                            "set",
                                            "vm",
                                            "--egress-bandwidth",
                                            "much",
                                            "--ports",
                                            "TCP/1")
                                    .out())
                    .contains("egress_bandwidth must be bits a second such as 10M");
            assertThat(lab.mustClient("get", "nics", "-o", "json")).doesNotContain("\"TCP/1\"");

            lab.mustClient("set", "vm", "--ingress-bandwidth", "0");
            assertThat(megabits(lab, lab.guest, out + " -R")).as("lifted").isGreaterThan(200);
            assertThat(lab.mustClient("describe", "nic", "vm"))
                    .containsPattern("Fast path: +on, carries [1-9]?");
        }
    }

    @Test
    void aNicOnABridgeKeepsToItsLimits() {
        try (BridgeLab bridge = new BridgeLab(new Lab().asInstalled())) {
            Lab lab = bridge.lab;
            bridge.bridges()
                    .apply(BridgeLab.network("vlan100", "\"macspoofchk\": true, \"vlan\": 100"));
            String one =
                    bridge.guest("one", "vlan100", "10.100.0.1/24", "--ingress-bandwidth", "20M");
            lab.startIn(bridge.host, "iperf3", "-s");
            lab.awaitSocket(bridge.host, "tcp sport = :5201");
            String out = "-c 10.100.0.9";
            assertThat(megabits(lab, one, out)).as("egress").isGreaterThan(200);
            assertThat(megabits(lab, one, out + " -R")).as("ingress").isBetween(16L, 23L);
            lab.mustClient("set", "one", "--ingress-bandwidth", "0", "--egress-packets", "1000");
            assertThat(megabits(lab, one, out + " -R")).as("lifted").isGreaterThan(20);
            assertThat(lab.mustIn(one, "iperf3 -J -u -b 100M -l 200 -t 2 -c 10.100.0.9"))
                    .as("of some 60,000 packets a second")
                    .containsPattern("\"lost_percent\":\\s*9[0-9]");
            assertThat(lab.mustClient("get", "counters", "one"))
                    .containsPattern("drop_egress_rate +[1-9]");
            assertThat(lab.client("set", "one", "--ports", "all").out())
                    .contains("a NIC on a bridge has no NAT");
        }
    }
}
