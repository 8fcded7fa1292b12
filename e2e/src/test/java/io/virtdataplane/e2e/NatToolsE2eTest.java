package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What the tools say that network engineers ask: STUN, traceroute, tracepath, nmap, hping3, ping.
 */
@RootTest
@Timeout(300)
class NatToolsE2eTest {
    private final Lab lab = new Lab();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void stunClientFindsAnEndpointIndependentMappingAndAHairpin() {
        lab.shell.must("ip", "-n", lab.out, "addr", "add", "203.0.113.8/32", "dev", "lo");
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.startIn(lab.out, "stund", "-h", Lab.OUTSIDE, "-a", "203.0.113.8");
        lab.awaitSocket(lab.out, "udp src 203.0.113.8:3479"); // its last
        // Its exit code is the kind of NAT it found.
        assertThat(lab.in(lab.guest, "timeout 60 stun " + Lab.OUTSIDE).out())
                .contains(
                        "Independent Mapping, Port Dependent Filter, preserves ports, will hairpin");
        lab.mustClient("set", "vm", "--filtering", "endpoint-independent");
        assertThat(lab.in(lab.guest, "timeout 60 stun " + Lab.OUTSIDE).out())
                .contains("Independent Mapping, Independent Filter, preserves ports, will hairpin");
    }

    @Test
    void traceroutesShowTheGatewayAndWhatIsBehindIt() {
        lab.far(1500);
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        String[] ipv4 = {
            "traceroute -n -q1 -w2 " + Lab.FAR,
            "traceroute -n -q1 -w2 -I " + Lab.FAR,
            "traceroute -n -q1 -w2 -T -p 80 " + Lab.FAR
        };
        for (String command : ipv4) {
            assertThat(lab.mustIn(lab.guest, command))
                    .as(command)
                    .containsPattern(" 1  10\\.0\\.2\\.1 ")
                    .containsPattern(" 2  10\\.244\\.1\\.1 ")
                    .containsPattern(" 3  198\\.51\\.100\\.9 ");
        }
        String[] ipv6 = {
            "traceroute -6 -n -q1 -w2 " + Lab.FAR6,
            "traceroute -6 -n -q1 -w2 -I " + Lab.FAR6,
            "traceroute -6 -n -q1 -w2 -T -p 80 " + Lab.FAR6
        };
        for (String command : ipv6) {
            assertThat(lab.mustIn(lab.guest, command))
                    .as(command)
                    .containsPattern(" 1  fd10:0:2::1 ")
                    .containsPattern(" 2  fd00:10:244::1 ")
                    .containsPattern(" 3  2001:db8:9::9 ");
        }
        assertThat(lab.mustIn(lab.out, "traceroute -n -q1 -w2 -T -p 80 " + Lab.POD_ADDRESS))
                .as("inward: the pod is a hop, and the guest answers behind it")
                .containsPattern(" 1  10\\.244\\.1\\.5 ")
                .containsPattern(" 2  10\\.244\\.1\\.5 ");
        assertThat(lab.mustIn(lab.out, "traceroute -6 -n -q1 -w2 -T -p 80 " + Lab.POD_ADDRESS6))
                .containsPattern(" 1  fd00:10:244::5 ")
                .containsPattern(" 2  fd00:10:244::5 ");
    }

    @Test
    void pathMtuSmallerThanBothLinksIsFound() {
        String far = lab.far(1300);
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        assertThat(lab.mustIn(lab.guest, "tracepath -n " + Lab.FAR)).contains("pmtu 1300");
        assertThat(lab.mustIn(lab.guest, "tracepath -n " + Lab.FAR6)).contains("pmtu 1300");
        assertThat(lab.in(lab.guest, "ping -c1 -W2 -M do -s 1400 " + Lab.FAR).out())
                .contains("mtu=1300");
        assertThat(lab.in(lab.guest, "ping -6 -c1 -W2 -M do -s 1400 " + Lab.FAR6).out())
                .containsIgnoringCase("mtu");
        assertThat(lab.mustIn(lab.guest, "ping -c1 -W2 -M do -s 1272 " + Lab.FAR))
                .contains(" 0% packet loss");

        lab.httpd(far, 8080, bigPage());
        for (String host : new String[] {Lab.FAR, "[" + Lab.FAR6 + "]"}) {
            assertThat(
                            lab.mustIn(
                                            lab.guest,
                                            "curl -sS -m 10 http://" + host + ":8080/ | wc -c")
                                    .strip())
                    .isEqualTo("3000000");
        }
        lab.httpd(lab.guest, 80, bigPage());
        for (String host : new String[] {Lab.POD_ADDRESS, "[" + Lab.POD_ADDRESS6 + "]"}) {
            assertThat(lab.mustIn(far, "curl -sS -m 10 http://" + host + "/ | wc -c").strip())
                    .as("the guest is told that the path is narrow")
                    .isEqualTo("3000000");
        }
    }

    private java.nio.file.Path bigPage() {
        return lab.page("x".repeat(3_000_000));
    }

    @Test
    void longDatagramsCrossInFragmentsBothWays() {
        lab.daemon().attachTap(Lab.CHAPTER, "--ports", "all").configureGuest();
        for (String ping :
                new String[] {
                    "ping -c3 -i0.2 -s 20000 " + Lab.OUTSIDE,
                    "ping -6 -c3 -i0.2 -s 20000 " + Lab.OUTSIDE6
                }) {
            assertThat(lab.mustIn(lab.guest, ping)).contains(" 0% packet loss");
        }
        assertThat(lab.mustIn(lab.out, "ping -c3 -i0.2 -s 20000 " + Lab.POD_ADDRESS))
                .contains(" 0% packet loss");
        assertThat(lab.mustIn(lab.out, "ping -6 -c3 -i0.2 -s 20000 " + Lab.POD_ADDRESS6))
                .contains(" 0% packet loss");
        assertThat(lab.mustClient("get", "counters")).contains("forwarded");
        assertThat(lab.mustClient("drops")).doesNotContain("drop_fragment");
        // The pod's own long pings, though all of the guest's ports are open: its kernel puts the
        // answers together, of which we have seen copies.
        assertThat(lab.mustIn(lab.pod, "ping -c3 -i0.2 -s 20000 " + Lab.OUTSIDE))
                .contains(" 0% packet loss");
        assertThat(lab.mustIn(lab.pod, "ping -6 -c3 -i0.2 -s 20000 " + Lab.OUTSIDE6))
                .contains(" 0% packet loss");
    }

    @Test
    void portScanSeesWhatThePolicySays() {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.httpd(lab.guest, 80, lab.page("guest"));
        for (String scan :
                new String[] {
                    "nmap -n -Pn -sS -p 79-81,49152 " + Lab.POD_ADDRESS,
                    "nmap -6 -n -Pn -sS -p 79-81,49152 " + Lab.POD_ADDRESS6
                }) {
            assertThat(lab.mustIn(lab.out, scan))
                    .containsPattern("79/tcp +closed")
                    .containsPattern("80/tcp +open")
                    .containsPattern("81/tcp +closed")
                    .containsPattern("49152/tcp +filtered");
            lab.mustClient("set", "vm", "--unlisted-policy", "drop");
            assertThat(lab.mustIn(lab.out, scan)).containsPattern("81/tcp +filtered");
            lab.mustClient("set", "vm", "--unlisted-policy", "reject");
            assertThat(lab.mustIn(lab.out, scan)).containsPattern("81/tcp +closed");
            lab.mustClient("set", "vm", "--unlisted-policy", "pod");
        }
        assertThat(lab.in(lab.guest, "hping3 -c 2 -2 -p 5000 -s 7000 " + Lab.OUTSIDE).out())
                .as("the error about the guest's datagram reaches it")
                .contains("ICMP Port Unreachable from ip=203.0.113.7");
    }

    @Test
    void unsolicitedSynToAPortThatAConnectionHasIsNotRefused() {
        lab.daemon().attachTap(Lab.CHAPTER).configureGuest();
        lab.httpd(lab.out, 8080, lab.page("outside"));
        String curl = "curl -sS -m 3 --local-port %d http://%s:8080/ >/dev/null";
        lab.mustIn(lab.guest, curl.formatted(40000, Lab.OUTSIDE));
        lab.mustIn(lab.guest, curl.formatted(40010, "[" + Lab.OUTSIDE6 + "]"));
        assertThat(lab.mustIn(lab.out, "nmap -n -Pn -sS -p 40000,40001 " + Lab.POD_ADDRESS))
                .as("RFC 5382 REQ-4: silence where a session is, the kernel's reset elsewhere")
                .containsPattern("40000/tcp +filtered")
                .containsPattern("40001/tcp +closed");
        assertThat(lab.mustIn(lab.out, "nmap -6 -n -Pn -sS -p 40010,40011 " + Lab.POD_ADDRESS6))
                .containsPattern("40010/tcp +filtered")
                .containsPattern("40011/tcp +closed");
        lab.httpd(lab.pod, 40000, lab.page("pod"));
        lab.httpd(lab.pod, 40010, lab.page("pod"));
        String get = "curl -sS -m 3 http://%s/";
        assertThat(lab.mustIn(lab.out, get.formatted(Lab.POD_ADDRESS + ":40000")))
                .as("a server of the pod on that port is reached all the same")
                .isEqualTo("pod");
        assertThat(lab.mustIn(lab.out, get.formatted("[" + Lab.POD_ADDRESS6 + "]:40010")))
                .isEqualTo("pod");
    }
}
