package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.virtdataplane.daemon.kube.ClusterClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A guest reaches Services of a real API server by its own NAT, where neither its pod's kernel nor
 * the node's has a rule for them. Endpoints are addresses of the lab's outside; each says which it
 * is. Numbers such as S22 are those of upstream's conformance tests.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(150)
class ClusterServicesE2eTest {
    private static final int SECONDS = 30;
    private static final int WRITERS = 4;
    private static final int UPDATES = 100; // of each
    private static final int A_SECOND = 100; // of all
    private static final String ONE = "203.0.113.21";
    private static final String TWO = "203.0.113.22";
    private static final String THREE = "203.0.113.23";
    private static final String MACHINE =
            """
            kind: VirtualMachine
            metadata: {name: vm, namespace: default}
            spec: {template: {spec: {domain: {devices: {}}}}}
            """;

    private static ApiServer api;
    private static ClusterNode node;

    @BeforeAll
    static void start() {
        api = ApiServer.start();
        ClusterNode.prepare(api);
        api.apply(Path.of("../deploy/components/guest-services/rights.yaml"));
        node = new ClusterNode(api);
        node.lab.keeping();
        for (String address : List.of(ONE, TWO, THREE)) {
            node.lab.shell.must(
                    "ip", "-n", node.lab.out, "addr", "add", address + "/32", "dev", "lo");
        }
        node.lab.startIn(node.lab.out, "python3", "-c", ServiceScripts.SERVER, ONE, TWO, THREE);
        node.lab.awaitSocket(node.lab.out, "tcp src " + THREE + ":8080");
        agent();
        node.lab.attachDevice(MACHINE).configureGuest();
    }

    private static void agent() {
        node.agent("--guest-services");
    }

    @AfterAll
    static void close() {
        if (node != null) {
            node.close();
        }
        if (api != null) {
            api.close();
        }
    }

    /** Makes the Service and returns its address. */
    private static String service(String name, String more) {
        api.applyText(
                """
                apiVersion: v1
                kind: Service
                metadata: {name: %s}
                spec:
                  ports: [{name: tcp, port: 80, targetPort: 8080}, {name: udp, port: 80, protocol: UDP, targetPort: 8080}]
                %s
                """
                        .formatted(name, more.indent(2)));
        return api.kubectl("get", "svc", name, "-o", "jsonpath={.spec.clusterIP}");
    }

    private static String slice(String service, String... endpoints) {
        return """
        apiVersion: discovery.k8s.io/v1beta1
        kind: EndpointSlice
        metadata: {name: %1$s-a, namespace: default, labels: {kubernetes.io/service-name: %1$s}}
        addressType: IPv4
        ports: [{name: tcp, port: 8080, protocol: TCP}, {name: udp, port: 8080, protocol: UDP}]
        endpoints: [%2$s]
        """
                .formatted(service, String.join(", ", endpoints));
    }

    private static void endpoints(String service, String... endpoints) {
        api.applyText(slice(service, endpoints));
    }

    private static String at(String address, String... conditions) {
        return "{addresses: [%s], conditions: {%s}}"
                .formatted(address, String.join(", ", conditions));
    }

    private static String ask(String address) {
        return node.lab
                .mustIn(
                        node.lab.guest,
                        "timeout 2 bash -c 'exec 3<>/dev/tcp/%s/80 && head -1 <&3' 2>&1 || true"
                                .formatted(address))
                .trim();
    }

    /** Who answers, over so many connections. */
    private static String asked(String address, int times) {
        return Stream.generate(() -> ask(address))
                .limit(times)
                .distinct()
                .sorted()
                .collect(Collectors.joining(" "));
    }

    private static void awaitOnly(String who, String address) {
        try {
            Wait.until(
                    address + " is answered by " + who,
                    SECONDS,
                    () -> asked(address, 8),
                    who::equals);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + node.lab.daemonLog(), e);
        }
    }

    /** S9, S12, S15, S16, S19. */
    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    @Order(1)
    void aGuestReachesWhatTheApiSaysWhileItSaysSo() {
        String vip = service("web", "");
        endpoints("web", at(ONE));
        awaitOnly(ONE, vip);
        assertThat(
                        node.lab
                                .in(
                                        node.lab.pod,
                                        "timeout 2 bash -c '</dev/tcp/%s/80'".formatted(vip))
                                .ok())
                .as("the pod's own kernel knows none")
                .isFalse();
        assertThat(node.lab.in(node.netns, "ip rule; ip route").out())
                .as("and the node is left as it was")
                .doesNotContain(vip);
        assertThat(node.lab.daemonLog()).doesNotContain("services of the node: devices");
        endpoints("web", at(ONE), at(TWO));
        awaitOnly(ONE + " " + TWO, vip);
        endpoints("web", at(ONE, "ready: false"), at(TWO));
        awaitOnly(TWO, vip);
        endpoints("web", at(ONE, "ready: false", "serving: true", "terminating: true"));
        awaitOnly(ONE, vip);
        endpoints("web", at(ONE, "ready: false"));
        Wait.until("a refusal", SECONDS, () -> ask(vip), said -> said.contains("refused"));
        assertThat(node.lab.mustClient("get", "counters")).contains("drop_service_no_endpoint");
        endpoints("web", at(ONE));
        awaitOnly(ONE, vip);
        api.kubectl("delete", "svc", "web");
        Wait.until(
                "no translation",
                SECONDS,
                () -> ask(vip),
                said -> !said.contains(ONE) && !said.contains("refused"));
    }

    private Process guestAsks(Path said, String script, String vip) {
        return node.lab.shell.start(
                said, "ip", "netns", "exec", node.lab.guest, "python3", "-c", script, vip);
    }

    /** S22: a client that never stops sending, by UDP, is led to the next endpoint. */
    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    @Order(2)
    void staleUdpIsCutWithinASecond() {
        String vip = service("datagrams", "");
        endpoints("datagrams", at(ONE));
        awaitOnly(ONE, vip);
        Path said = node.lab.shell.directory().resolve("udp");
        Process client = guestAsks(said, ServiceScripts.UDP_CLIENT, vip);
        Wait.until("an answer", SECONDS, () -> Shell.text(said), s -> s.contains(ONE));
        try (KubernetesClient client2 = ClusterClient.open(api.kubeconfig(ApiServer.ADMIN))) {
            long from = System.nanoTime();
            client2.resource(
                            Serialization.unmarshal(
                                    slice("datagrams", at(TWO)), GenericKubernetesResource.class))
                    .update();
            Wait.until("the other's answer", SECONDS, () -> Shell.text(said), s -> s.contains(TWO));
            long ms = (System.nanoTime() - from) / 1_000_000;
            System.out.printf(
                    "ClusterServicesE2eTest: UDP that never stops is led to the next endpoint %d ms after the API was told%n",
                    ms);
            assertThat(ms).isLessThan(1000);
        } finally {
            node.lab.shell.end(client);
        }
    }

    /** S14, S21. */
    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    @Order(3)
    void labelsAndAffinityAreHeeded() {
        String near = service("near", "");
        endpoints("near", at(ONE), at(TWO));
        awaitOnly(ONE + " " + TWO, near);

        String sticky = service("sticky", "sessionAffinity: ClientIP");
        endpoints("sticky", at(ONE), at(TWO), at(THREE));
        Wait.until("an answer", SECONDS, () -> ask(sticky), s -> s.startsWith("203"));
        assertThat(asked(sticky, 12)).matches("\\S+");
        api.kubectl("patch", "svc", "sticky", "-p", "{\"spec\": {\"sessionAffinity\": \"None\"}}");
        awaitOnly(ONE + " " + TWO + " " + THREE, sticky);

        api.kubectl("label", "svc", "near", "service.kubernetes.io/service-proxy-name=other");
        Wait.until("it is another's", SECONDS, () -> ask(near), s -> !s.startsWith("203"));
        api.kubectl("label", "svc", "near", "service.kubernetes.io/service-proxy-name-");
        awaitOnly(ONE + " " + TWO, near);
    }

    /** One of the Service's slices, so often: the last one has TWO alone. */
    private static Void update(KubernetesClient to, String part, long from) throws Exception {
        for (int i = 1; i <= UPDATES; i++) {
            String[] more = i % 2 == 0 ? new String[] {at(TWO)} : new String[] {at(ONE), at(TWO)};
            String slice = slice("busy", more).replace("busy-a", "busy-" + part);
            to.resource(Serialization.unmarshal(slice, GenericKubernetesResource.class))
                    .createOr(NonDeletingOperation::update);
            long dueNs = from + i * WRITERS * 1_000_000_000L / A_SECOND;
            Thread.sleep(Math.max(0, (dueNs - System.nanoTime()) / 1_000_000));
        }
        return null;
    }

    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    @Order(4)
    void aHundredUpdatesASecondLoseNothing() throws Exception {
        String vip = service("busy", "");
        endpoints("busy", at(ONE));
        awaitOnly(ONE, vip);
        Path said = node.lab.shell.directory().resolve("tcp");
        Process client = guestAsks(said, ServiceScripts.TCP_CLIENT, vip);
        int updates = WRITERS * UPDATES;
        long from = System.nanoTime();
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor();
                KubernetesClient to = ClusterClient.open(api.kubeconfig(ApiServer.ADMIN))) {
            List<Future<?>> all = new ArrayList<>();
            for (String part : List.of("a", "b", "c", "d")) {
                all.add(writers.submit(() -> update(to, part, from)));
            }
            for (Future<?> each : all) {
                each.get();
            }
        }
        double seconds = (System.nanoTime() - from) / 1e9;
        long lastNs = System.nanoTime();
        awaitOnly(TWO, vip);
        double behind = (System.nanoTime() - lastNs) / 1e9;
        node.lab.shell.end(client);
        String[] lines = Shell.text(said).strip().split("\n");
        String[] counts = lines[lines.length - 1].split(" ");
        System.out.printf(
                "ClusterServicesE2eTest: %d endpoint updates in %.1f s, meanwhile %s connections, %s failed; %.1f s later the last one held%n",
                updates, seconds, counts[0], counts[1], behind);
        assertThat(Integer.parseInt(counts[0])).isGreaterThan(50);
        assertThat(counts[1]).isEqualTo("0");
    }

    /** The guest's own sessions, with endpoints that are not on this node. */
    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    @Order(5)
    void establishedSessionsDoNotNoticeARestart() {
        String vip = service("steady", "");
        endpoints("steady", at(ONE));
        awaitOnly(ONE, vip);
        List<String> kinds = List.of("tcp", "udp", "new");
        for (String how : List.of("SIGTERM", "SIGKILL")) {
            List<Path> said = new ArrayList<>();
            List<Process> clients = new ArrayList<>();
            for (String kind : kinds) {
                Path to = node.lab.shell.directory().resolve("talk-" + how + kind);
                said.add(to);
                clients.add(guestTalks(to, kind, vip));
            }
            said.forEach(
                    each ->
                            Wait.until(
                                    "a talk",
                                    SECONDS,
                                    () -> ServiceScripts.count(each),
                                    n -> n > 50));
            if (how.equals("SIGTERM")) {
                node.lab.endDaemon();
            } else {
                node.lab.killDaemon();
            }
            agent();
            List<Long> then = said.stream().map(ServiceScripts::count).toList();
            for (int i = 0; i < kinds.size(); i++) {
                long before = then.get(i);
                Path to = said.get(i);
                Wait.until(
                        "the talk goes on",
                        SECONDS,
                        () -> ServiceScripts.count(to),
                        n -> n > before + 50);
            }
            clients.forEach(node.lab.shell::end);
            long[] silence =
                    said.stream().mapToLong(each -> ServiceScripts.last(each)[1]).toArray();
            System.out.printf(
                    "ClusterServicesE2eTest: over %s a guest hears nothing of a Service for %d ms by TCP, %d ms by UDP, %d ms by new connections%n",
                    how, silence[0], silence[1], silence[2]);
            assertThat(node.lab.daemonLog()).contains("programs=kept");
            assertThat(silence[0]).as("TCP").isLessThan(1000);
            assertThat(silence[1]).as("UDP").isLessThan(1000);
            assertThat(silence[2]).as("new ones").isLessThan(8000);
        }
    }

    private static Process guestTalks(Path said, String kind, String vip) {
        return node.lab.shell.start(
                said,
                "ip",
                "netns",
                "exec",
                node.lab.guest,
                "python3",
                "-c",
                ServiceScripts.TALK,
                kind,
                vip);
    }

    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    @Order(6)
    void aTargetThatTheMachineHasNotOpenIsTold() {
        node.lab.mustClient("set", "vm", "--ports", "TCP/22");
        service("shut", "");
        endpoints("shut", at(Lab.POD_ADDRESS));
        Wait.until(
                "an event of the Service",
                SECONDS,
                () -> api.kubectl("get", "events", "-n", "default"),
                said -> said.contains("TargetPortNotOpen"));
        assertThat(api.kubectl("get", "events", "-n", "default"))
                .containsPattern(
                        "Warning +TargetPortNotOpen +service/shut +machine=default/vm targetPort=TCP/8080: targetPort must be an open port of the machine: open=TCP/22");
        assertThat(node.lab.mustClient("events")).contains("TargetPortNotOpen");
        node.lab.mustClient("set", "vm", "--ports", "all");
    }

    /** What a namespace says of a mesh holds for its machines, live. */
    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    @Order(7)
    void aNamespaceMayHaveItsMachinesInAMesh() {
        api.kubectl("label", "namespace", "default", "istio-injection=enabled");
        awaitMesh("Mesh: +istio \\(auto: istio-injection=enabled of the namespace");
        api.kubectl("label", "namespace", "default", "istio-injection-");
        awaitMesh("Mesh: +none \\(auto: the machine names none");
    }

    private static void awaitMesh(String line) {
        Wait.until(
                line,
                SECONDS,
                () -> node.lab.mustClient("describe", "nic", "vm"),
                said -> Pattern.compile(line).matcher(said).find());
    }

    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    @Order(8)
    void withoutTheApiServerTheLastOnesHold() {
        String vip = service("last", "");
        endpoints("last", at(ONE));
        awaitOnly(ONE, vip);
        api.kill();
        assertThat(asked(vip, 5)).isEqualTo(ONE);
        node.lab.endDaemon();
        agent();
        Wait.until("the guest is back", SECONDS, () -> asked(vip, 5), ONE::equals);
        api.restart();
        endpoints("last", at(TWO));
        awaitOnly(TWO, vip);
    }
}
