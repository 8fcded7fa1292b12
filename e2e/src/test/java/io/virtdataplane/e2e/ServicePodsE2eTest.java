package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Services of a node with several machines behind them, which come and go: what a guest, a process
 * of the node and a client outside get. Numbers such as S9 are those of upstream's conformance
 * tests in the order in which the project lists them.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(150)
class ServicePodsE2eTest {
    private static final int SECONDS = 20;
    private static final int MANY = 14; // connections, of which two endpoints have some each
    private static final int FEW = 3;
    private static final String NODE = "198.51.100.1";
    private static final String OTHER_NODE = "198.18.0.2";
    private static final String NODE6 = "2001:db8:9::1";
    private static final String LATER = "198.51.100.77";
    private static final String BALANCER = "198.51.100.80";
    private static final String BALANCER6 = "2001:db8:9::80";
    private static final String VIP = "10.96.0.10";
    private static final String ASKS = " " + Lab.POD_ADDRESS; // as a server sees the guest
    private static final String TWO = "two";
    private static final String THREE = "three";
    private static final String REFUSED = "ConnectionRefusedError";
    private static final String WEB =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: example-namespace}
            spec:
              type: NodePort
              externalTrafficPolicy: Cluster
              clusterIP: 10.96.0.10
              selector: {special: key}
              ports:
              - {name: tcp, port: 80, protocol: TCP, targetPort: 22, nodePort: 30080}
              - {name: udp, port: 80, protocol: UDP, targetPort: 53, nodePort: 30080}
            """;
    private static final String OTHER =
            WEB.replace("name: web", "name: other")
                    .replace(VIP, "10.96.0.11")
                    .replace("30080", "30081");
    private static final String CLIENT =
            """
            kind: VirtualMachine
            metadata: {name: client}
            spec: {template: {spec: {domain: {devices: {}}}}}
            """;
    private final Lab lab = new Lab();
    private final MorePods pods = new MorePods(lab, lab.out);
    private String far;

    @AfterEach
    void close() {
        pods.close();
        lab.close();
    }

    private void start(String settings) {
        far = lab.far(1500);
        Path config = lab.shell.directory().resolve("config.yaml");
        lab.shell.write(config, settings + "\n");
        lab.keeping()
                .daemonIn(
                        lab.out,
                        "--config",
                        config.toString(),
                        "--service-device",
                        "far0",
                        "--service-cluster-ip-range",
                        "10.96.0.0/12,fd00:96::/112",
                        "--load-balancer-pool",
                        BALANCER + "/32," + BALANCER6 + "/128");
        lab.attachDevice(CLIENT).configureGuest();
    }

    private static void serve(Lab lab, String guest, String name) {
        lab.startIn(guest, "python3", "-c", ServiceScripts.NAMED, name);
        lab.awaitSocket(guest, "tcp sport = :22");
    }

    private static void apply(Lab lab, String service) {
        lab.mustClient("apply", "-f", lab.manifest(service).toString());
    }

    private String ask(String from, String kind, String host, int port, int times) {
        return lab.shell.must(
                "ip",
                "netns",
                "exec",
                from,
                "python3",
                "-c",
                ServiceScripts.ASK,
                kind,
                host,
                "" + port,
                "" + times);
    }

    private String guest(String kind) {
        return ask(lab.guest, kind, VIP, 80, MANY);
    }

    private String outside(String kind) {
        return ask(far, kind, NODE, 30080, MANY);
    }

    private static String both(String peer) {
        return THREE + peer + "," + TWO + peer;
    }

    @ParameterizedTest
    @ValueSource(strings = {"fastPath: auto", "fastPath: \"off\""})
    void clientsOnAllSidesAreLedWhileEndpointsComeAndGo(String settings) {
        start(settings);
        assertThat(lab.mustClient("describe", "nic", "client"))
                .contains("Fast path:         " + (settings.endsWith("auto") ? "on" : "off"));
        endpointsComeAndGo();
        if (settings.endsWith("auto")) { // the kernel has no say in it
            affinityHoldsForItsTimeAndNoLonger();
            pods.detach(3);
        }
        datagramsFollowTheEndpoints();
    }

    /** S9 with S6 and S10: 0, 1, 2, 1, 0 endpoints by TCP and UDP of one number. */
    private void endpointsComeAndGo() {
        apply(lab, WEB);
        assertAll(REFUSED, REFUSED, REFUSED);
        serve(lab, pods.guest(2), TWO);
        String fromOut = TWO + " " + Lab.FAR;
        assertAll(TWO + ASKS, fromOut, TWO + " 10.244.2.1");
        serve(lab, pods.guest(3), THREE);
        assertAll(both(ASKS), both(" " + Lab.FAR), THREE + " 10.244.3.1," + TWO + " 10.244.2.1");
        pods.detach(3);
        assertAll(TWO + ASKS, fromOut, TWO + " 10.244.2.1");
        pods.detach(2);
        assertAll(REFUSED, REFUSED, REFUSED);
        pods.attach(2);
    }

    /** By TCP and UDP: what the guest gets, what a client outside, and what the node's process. */
    private void assertAll(String guest, String outside, String node) {
        for (String kind : new String[] {"tcp", "udp"}) {
            // of refused datagrams a kernel tells few
            int times = guest.equals(REFUSED) ? 2 : guest.contains(",") ? MANY : FEW;
            assertThat(ask(lab.guest, kind, VIP, 80, times)).as("guest, " + kind).isEqualTo(guest);
            assertThat(ask(far, kind, NODE, 30080, times))
                    .as("outside, " + kind)
                    .isEqualTo(outside);
            assertThat(ask(lab.out, kind, VIP, 80, times)).as("node, " + kind).isEqualTo(node);
        }
    }

    /** S14: for the cluster's address and the node port, on, off, and its time expires. */
    private void affinityHoldsForItsTimeAndNoLonger() {
        pods.attach(3);
        String sticky =
                "  sessionAffinity: ClientIP\n  sessionAffinityConfig: {clientIP: {timeoutSeconds: 1}}\n";
        apply(lab, WEB + sticky);
        for (String kind : new String[] {"tcp", "udp"}) {
            assertThat(guest(kind)).doesNotContain(",");
            assertThat(outside(kind)).doesNotContain(",");
        }
        awaitOther("the guest", () -> ask(lab.guest, "tcp", VIP, 80, 1));
        awaitOther("outside", () -> ask(far, "tcp", NODE, 30080, 1));
        apply(lab, WEB);
        assertThat(guest("tcp")).isEqualTo(both(ASKS));
        assertThat(outside("tcp")).isEqualTo(both(" " + Lab.FAR));
    }

    /** After a silence as long as the affinity's time, sooner or later the other one is drawn. */
    private static void awaitOther(String who, Supplier<String> ask) {
        String first = ask.get();
        Wait.until(
                "another endpoint for " + who,
                SECONDS,
                () -> {
                    Wait.letTimePass(1100); // the time itself is tested
                    return ask.get();
                },
                Predicate.not(first::equals));
    }

    @Test
    void servicesChangeUnderTheirClients() {
        start("");
        serve(lab, pods.guest(2), TWO);
        typesChangeAndOneServiceEndsWhileTheOtherGoesOn();
        serve(lab, pods.guest(3), THREE);
        rangesOfOneFamilyOneAffinityPingsAndAddressesThatComeLater();
    }

    /** S5 and S12, with clients. */
    private void typesChangeAndOneServiceEndsWhileTheOtherGoesOn() {
        apply(lab, WEB);
        apply(lab, OTHER);
        String name = "  type: ExternalName\n  externalName: db.example.test\n";
        String header = WEB.substring(0, WEB.indexOf("  type:"));
        apply(lab, header + name);
        assertThat(ask(far, "tcp", NODE, 30080, 1)).isEqualTo(REFUSED);
        assertThat(ask(lab.guest, "tcp", VIP, 80, 1)).as("nobody's address").isNotEqualTo(TWO);
        assertThat(ask(far, "tcp", NODE, 30081, 1)).startsWith(TWO);
        String inside =
                WEB.replace("type: NodePort", "type: ClusterIP")
                        .replace("  externalTrafficPolicy: Cluster\n", "")
                        .replace(", nodePort: 30080", "");
        apply(lab, inside);
        assertThat(guest("tcp")).isEqualTo(TWO + ASKS);
        assertThat(ask(far, "tcp", NODE, 30080, 1)).isEqualTo(REFUSED);
        apply(lab, WEB);
        assertThat(outside("tcp")).isEqualTo(TWO + " " + Lab.FAR);
        assertThat(guest("udp")).isEqualTo(TWO + ASKS);

        Path said = lab.shell.directory().resolve("talk");
        talk(said, lab.guest, "10.96.0.11", 80);
        Wait.until("a talk", SECONDS, () -> Shell.text(said), text -> text.contains(TWO));
        lab.mustClient("delete", "svc", "web", "-n", "example-namespace");
        assertThat(ask(far, "tcp", NODE, 30080, 1)).isEqualTo(REFUSED);
        assertThat(ask(lab.out, "tcp", VIP, 80, 1)).isNotEqualTo(TWO);
        assertThat(ask(far, "tcp", NODE, 30081, FEW)).isEqualTo(TWO + " " + Lab.FAR);
        assertThat(ask(lab.guest, "tcp", "10.96.0.11", 80, FEW)).isEqualTo(TWO + ASKS);
        assertThat(Shell.text(said).strip()).as("never another, or nobody").hasLineCount(1);
        apply(lab, WEB); // S4: its numbers are free
        assertThat(outside("tcp")).isEqualTo(TWO + " " + Lab.FAR);
    }

    /** S22: by one socket that never stops sending, while who answers goes and comes. */
    private void datagramsFollowTheEndpoints() {
        Path inside = lab.shell.directory().resolve("inside");
        Path outside = lab.shell.directory().resolve("outside");
        talk(inside, lab.guest, VIP, 80);
        talk(outside, far, NODE, 30080);
        await(TWO, 1, inside, outside);
        pods.attach(3);
        pods.detach(2);
        await(THREE, 1, inside, outside);
        pods.detach(3); // nobody for a while
        assertThat(ask(far, "tcp", NODE, 30080, 1)).isEqualTo(REFUSED);
        pods.attach(2);
        await(TWO, 2, inside, outside);
        for (Path said : new Path[] {inside, outside}) {
            assertThat(Shell.text(said).lines().map(line -> line.split(" ")[0]))
                    .containsExactly(TWO, THREE, TWO);
        }
    }

    private static void await(String who, int times, Path... said) {
        for (Path each : said) {
            Wait.untilIn(each, who, times, SECONDS);
        }
    }

    /** Datagrams without end, by one socket. */
    private void talk(Path said, String from, String host, int port) {
        String client = ServiceScripts.UDP_CLIENT.replace(", 80)", ", " + port + ")");
        lab.shell.start(said, "ip", "netns", "exec", from, "python3", "-c", client, host);
    }

    /** What users have missed in other service proxies. */
    private void rangesOfOneFamilyOneAffinityPingsAndAddressesThatComeLater() {
        String balanced =
                WEB.replace(
                        "type: NodePort",
                        "type: LoadBalancer\n  ipFamilyPolicy: RequireDualStack\n  sessionAffinity: ClientIP\n  loadBalancerSourceRanges: [198.51.100.0/24]");
        apply(lab, balanced);
        String kept = ask(far, "tcp", BALANCER, 80, MANY);
        assertThat(kept).endsWith(" " + Lab.FAR).doesNotContain(",");
        assertThat(outside("tcp")).as("by whichever address").isEqualTo(kept);
        assertThat(ask(far, "tcp", BALANCER6, 80, 1))
                .as("no range has an IPv6 address")
                .isEqualTo("TimeoutError");
        assertThat(ask(far, "tcp", NODE6, 30080, 1)).as("node ports").endsWith(" " + Lab.FAR6);
        for (String address : new String[] {BALANCER, BALANCER6}) {
            assertThat(lab.mustIn(far, "ping -c2 -i0.1 -W2 " + address))
                    .contains(" 0% packet loss");
        }
        assertThat(
                        lab.shell.must(
                                "curl",
                                "-sS",
                                "--unix-socket",
                                lab.socket().replace(".sock", "-metrics.sock"),
                                "http://localhost/metrics"))
                .containsPattern(
                        "node_service_dropped_frames_total\\{reason=\"drop_service_source\"} [1-9]");
        lab.shell.must("ip", "-n", lab.out, "addr", "add", LATER + "/24", "dev", "far0");
        Wait.until(
                "node ports at an address that came later",
                SECONDS,
                () -> ask(far, "tcp", LATER, 30080, 1),
                kept::equals);
        Wait.until(
                "and for guests",
                SECONDS,
                () -> ask(lab.guest, "tcp", LATER, 30080, 1),
                said -> said.endsWith(ASKS));
    }

    /** S18 and S13 on two nodes, each with a daemon and the same Service: each has its own. */
    @Test
    void eachOfTwoNodesHasTheEndpointsOfItsOwn() {
        start("");
        try (Lab second = new Lab();
                MorePods there = new MorePods(second, second.out)) {
            MorePods.cable(lab, lab.out, 2, second.out, 7);
            lab.shell.must("ip", "-n", second.out, "route", "add", "default", "via", "198.18.0.1");
            lab.shell.must(
                    "ip",
                    "-n",
                    lab.out,
                    "route",
                    "add",
                    "10.244.7.0/24",
                    "via",
                    OTHER_NODE,
                    "proto",
                    "static",
                    "metric",
                    "9");
            second.keeping().daemonIn(second.out, "--service-device", "cable0");
            serve(second, there.guest(7), "seven");
            String client = pods.guest(2);
            serve(lab, client, TWO);
            apply(lab, WEB);
            apply(second, WEB);
            for (String kind : new String[] {"tcp", "udp"}) {
                assertThat(ask(far, kind, NODE, 30080, FEW)).isEqualTo(TWO + " " + Lab.FAR);
                assertThat(ask(far, kind, OTHER_NODE, 30080, FEW)).isEqualTo("seven " + Lab.FAR);
                assertThat(ask(client, kind, OTHER_NODE, 30080, FEW))
                        .as("a guest by the other node")
                        .isEqualTo("seven " + MorePods.address(2));
                assertThat(ask(second.out, kind, VIP, 80, FEW)).startsWith("seven ");
            }
            there.detach(7);
            assertThat(ask(far, "tcp", OTHER_NODE, 30080, 1)).isEqualTo(REFUSED);
            assertThat(ask(client, "tcp", OTHER_NODE, 30080, 1)).isEqualTo(REFUSED);
            String local =
                    WEB.replace("Policy: Cluster", "Policy: Local\n  internalTrafficPolicy: Local");
            apply(lab, local);
            apply(second, local);
            assertThat(ask(far, "tcp", NODE, 30080, 1)).isEqualTo(TWO + " " + Lab.FAR);
            assertThat(ask(far, "tcp", OTHER_NODE, 30080, 1)).isEqualTo("TimeoutError");
            assertThat(ask(lab.guest, "tcp", VIP, 80, 1)).isEqualTo(TWO + ASKS);
            assertThat(ask(lab.out, "tcp", VIP, 80, 1)).startsWith(TWO);
            assertThat(ask(second.out, "tcp", VIP, 80, 1)).isEqualTo(REFUSED);
            there.attach(7);
            assertThat(ask(far, "tcp", OTHER_NODE, 30080, 1)).isEqualTo("seven " + Lab.FAR);
        }
    }
}
