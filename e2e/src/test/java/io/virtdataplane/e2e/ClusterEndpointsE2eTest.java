package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A guest's sessions to Services of a real API server, whose endpoints are pods: one behind this
 * node, two behind a second one, over a cable that is narrower than either. With the fast path and
 * without it. Numbers such as S19 are those of upstream's conformance tests.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(150)
class ClusterEndpointsE2eTest {
    private static final int SECONDS = 30;
    private static final int MANY = 16;
    private static final String SPACE = "endpoints";
    private static final Map<String, Integer> PODS = Map.of("near", 3, "far", 7, "farther", 8);

    /** Sends so many bytes while it reads them back, and compares. */
    private static final String BULK =
            """
            import os, socket, sys, threading
            s = socket.create_connection((sys.argv[1], 80), 3); s.settimeout(10)
            f = s.makefile('rb'); f.readline()
            sent = os.urandom(500000)
            threading.Thread(target=s.sendall, args=(sent,)).start()
            print('same' if f.read(len(sent)) == sent else 'other', end='')
            """;

    private static ApiServer api;
    private static ClusterNode node;
    private static MorePods here;
    private static MorePods there;
    private static String second;

    @BeforeAll
    static void start() {
        api = ApiServer.shared();
        ClusterNode.prepare(api);
        api.apply(Path.of("../deploy/components/guest-services/rights.yaml"));
        api.applyText("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + SPACE + "}\n");
        node = new ClusterNode(api);
        Lab lab = node.lab;
        lab.keeping();
        second = lab.out.replace("-out", "-second");
        lab.shell.must("ip", "netns", "add", second);
        here = new MorePods(lab, lab.out);
        there = new MorePods(lab, second);
        serve(here, "near");
        serve(there, "far");
        serve(there, "farther");
        MorePods.cable(lab, lab.out, 1, second, 7);
        lab.shell.sh(
                """
                ip -n %1$s route add 10.244.8.0/24 via 198.18.0.2
                ip -n %1$s link set cable0 mtu 1300
                ip -n %2$s link set cable0 mtu 1300
                """
                        .formatted(lab.out, second));
        agent("auto");
        lab.attachDevice(
                        """
                        kind: VirtualMachine
                        metadata: {name: vm, namespace: default}
                        spec: {template: {spec: {domain: {devices: {}}}}}
                        """)
                .configureGuest();
    }

    private static void agent(String fastPath) {
        Path config = node.lab.shell.directory().resolve("config.yaml");
        node.lab.shell.write(config, "fastPath: \"" + fastPath + "\"\n");
        node.agent("--guest-services", "--config", config.toString());
    }

    private static void serve(MorePods pods, String name) {
        String pod = pods.pod(PODS.get(name));
        node.lab.startIn(pod, "python3", "-c", ServiceScripts.NAMED, name);
        node.lab.awaitSocket(pod, "tcp sport = :22");
    }

    @AfterAll
    static void close() {
        if (node != null) {
            here.close();
            there.close();
            node.lab.shell.run("ip", "netns", "del", second);
            api.kubectl("delete", "namespace", SPACE, "--wait=false");
            node.close();
        }
    }

    /** Makes the Service and returns its address. */
    private static String service(String name) {
        api.applyText(
                """
                apiVersion: v1
                kind: Service
                metadata: {name: %s, namespace: %s}
                spec:
                  ports: [{name: tcp, port: 80, targetPort: 22}, {name: udp, port: 80, protocol: UDP, targetPort: 53}]
                """
                        .formatted(name, SPACE));
        return api.kubectl("get", "svc", name, "-n", SPACE, "-o", "jsonpath={.spec.clusterIP}");
    }

    private static void endpoints(String service, String... endpoints) {
        api.applyText(
                """
                apiVersion: discovery.k8s.io/v1beta1
                kind: EndpointSlice
                metadata: {name: %1$s-a, namespace: %3$s, labels: {kubernetes.io/service-name: %1$s}}
                addressType: IPv4
                ports: [{name: tcp, port: 22, protocol: TCP}, {name: udp, port: 53, protocol: UDP}]
                endpoints: [%2$s]
                """
                        .formatted(service, String.join(", ", endpoints), SPACE));
    }

    private static String at(String pod, String... conditions) {
        String on = pod.equals("near") ? node.name : "second";
        return "{addresses: [%s], topology: {kubernetes.io/hostname: %s}, conditions: {%s}}"
                .formatted(MorePods.address(PODS.get(pod)), on, String.join(", ", conditions));
    }

    private static String ending(String pod) {
        return at(pod, "ready: false", "serving: true", "terminating: true");
    }

    private static String guest(String script, String... arguments) {
        String[] command = {"ip", "netns", "exec", node.lab.guest, "python3", "-c", script};
        return node.lab.shell.must(
                Stream.of(command, arguments).flatMap(Arrays::stream).toArray(String[]::new));
    }

    private static String asked(String vip, String kind) {
        return guest(ServiceScripts.ASK, kind, vip, "80", "" + MANY);
    }

    /** By TCP and by UDP, of which one may be lost; each sees the address of the guest's pod. */
    private static void awaitOnly(String vip, String... pods) {
        String expected =
                pods.length == 0
                        ? "ConnectionRefusedError"
                        : String.join(
                                ",",
                                List.of(pods).stream()
                                        .map(each -> each + " " + Lab.POD_ADDRESS)
                                        .toList());
        try {
            Wait.until(
                    "the endpoints of " + vip, SECONDS, () -> asked(vip, "tcp"), expected::equals);
            Wait.until("the same by UDP", SECONDS, () -> asked(vip, "udp"), expected::equals);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + node.lab.daemonLog(), e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "off"})
    void podsHereAndOnTheSecondNodeServe(String fastPath) {
        node.lab.endDaemon();
        agent(fastPath);
        String vip = service("web-" + fastPath);
        String name = "web-" + fastPath;
        endpoints(name, at("near"), at("far"), at("farther"));
        awaitOnly(vip, "far", "farther", "near"); // S9, S10
        endpoints(name, at("far"));
        awaitOnly(vip, "far");
        assertThat(guest(BULK, vip)).as("over the narrow cable").isEqualTo("same");

        Path said = node.lab.shell.directory().resolve("talk-" + fastPath);
        Process talk =
                node.lab.shell.start(
                        said,
                        "ip",
                        "netns",
                        "exec",
                        node.lab.guest,
                        "python3",
                        "-c",
                        ServiceScripts.TALK,
                        "tcp",
                        vip);
        Wait.until("a talk", SECONDS, () -> ServiceScripts.count(said), n -> n > 10);

        endpoints(name, ending("far"), at("near")); // S19: it still has what it had
        awaitOnly(vip, "near");
        endpoints(name, ending("far"), at("farther", "ready: false"), ending("near"));
        awaitOnly(vip, "far", "near");
        long then = ServiceScripts.count(said);
        Wait.until(
                "the talk goes on", SECONDS, () -> ServiceScripts.count(said), n -> n > then + 10);
        node.lab.shell.end(talk);

        // S17: with publishNotReadyAddresses one that ends, and does not serve, is ready
        endpoints(name, at("farther", "ready: true", "serving: false", "terminating: true"));
        awaitOnly(vip, "farther");
        endpoints(name, at("far", "ready: false"));
        awaitOnly(vip); // S15
        endpoints(name, at("near"));
        awaitOnly(vip, "near");
        endpoints(name); // S16
        awaitOnly(vip);

        endpoints(name, at("far"));
        awaitOnly(vip, "far");
        String label = "service.kubernetes.io/headless="; // S21
        api.kubectl("label", "endpointslice", name + "-a", "-n", SPACE, label);
        awaitOnly(vip);
        api.kubectl("label", "endpointslice", name + "-a", "-n", SPACE, label.replace("=", "-"));
        awaitOnly(vip, "far");
    }
}
