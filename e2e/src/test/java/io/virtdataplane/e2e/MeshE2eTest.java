package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A guest in a service mesh, behind the mesh's own rules: who answers, whom the guest sees, and
 * where the proxy was asked to. Envoy, ztunnel and linkerd2-proxy are in no distribution: proxies
 * of our own have their sockets, users and marks.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(120)
class MeshE2eTest {
    private static final String ISTIO = "sidecar.istio.io/inject: \"true\"";
    private static final String EXCLUDED =
            "traffic.sidecar.istio.io/excludeInboundPorts: \"9090,9100-9110\"";
    private static final String EXCLUDED_OUT =
            "traffic.sidecar.istio.io/excludeOutboundPorts: \"8443\"";
    private static final String CLIENT = "10.244.1.1";
    private static final String CLIENT6 = "fd00:10:244::1";
    private static final String GATEWAY = "10.0.2.1";
    private static final String GATEWAY6 = "fd10:0:2::1";
    private static final String[] SIDECAR = {
        "in=15006:passthrough", "out=15001:self", "health=15021:health"
    };
    private final MeshLab mesh = new MeshLab();
    private final Lab lab = mesh.lab;
    private final Map<String, String> expected = new TreeMap<>();

    @AfterEach
    void close() {
        mesh.close();
    }

    /**
     * At both of the pod's addresses; "%s" is that address, "%c" the client's, "%g" the gateway's.
     */
    private void expect(int port, String answer) {
        expected.put(MeshLab.POD + ":" + port, filled(answer, MeshLab.POD, CLIENT, GATEWAY));
        expected.put(MeshLab.POD6 + ":" + port, filled(answer, MeshLab.POD6, CLIENT6, GATEWAY6));
    }

    private static String filled(String answer, String pod, String client, String gateway) {
        return answer.replace("%s", pod).replace("%c", client).replace("%g", gateway);
    }

    private void assertFromOutside(String what) {
        Map<String, String> said = mesh.ask(lab.out, new ArrayList<>(expected.keySet()));
        assertThat(said).as(what + "\n" + mesh.servers()).isEqualTo(expected);
        expected.clear();
    }

    @Test
    void sidecarHasTheGuestsTcpAndNothingElse() {
        mesh.rules("istio").proxy(1337, SIDECAR);
        String rules = mesh.rulesNow();
        String listed =
                "[{port: 22}, {port: 1500}, {port: 9090}, {port: 15008}, {port: 15021}, {port: 5300, protocol: UDP}]";
        String manifest = MeshLab.manifest(listed, ISTIO, EXCLUDED, EXCLUDED_OUT);
        lab.daemon().makeDevice();
        assertThat(
                        lab.mustClient(
                                "attach",
                                "-f",
                                lab.manifest(manifest).toString(),
                                "--netns",
                                lab.pod,
                                "--guest",
                                "dev:tap0"))
                .as("ports of the proxy in the manifest")
                .contains("never the guest's")
                .contains("15008,15021");
        lab.configureGuest();
        mesh.serve(lab.guest, "guest", 22, 1500, 1501, 9090, 15008, 15021, 4191);
        mesh.serve(lab.out, "outside", 80, 8443);
        assertThat(lab.mustClient("describe", "nic", "vm"))
                .containsPattern(
                        "Mesh: +istio \\(auto: sidecar.istio.io/inject=true; .*15008,15021")
                .contains("past the proxy: 22,9090,9100-9110");
        assertThat(lab.mustClient("get", "nics", "-o", "wide")).contains("MESH").contains("istio");

        // E2, E4, E8; a port that is not listed has nobody behind the proxy
        expect(22, "guest saw %c");
        expect(1500, "in[%s:1500] guest saw %g");
        expect(1501, "in[%s:1501] ConnectionRefusedError");
        expect(9090, "guest saw %c");
        expect(15008, "ConnectionRefusedError");
        expect(15021, "ready");
        assertFromOutside("with a list");
        assertOutward("out[%d] ");

        lab.mustClient("set", "vm", "--ports", "all");
        // E3, E5-E7: all ports
        expect(22, "guest saw %c");
        expect(1500, "in[%s:1500] guest saw %g");
        expect(1501, "in[%s:1501] guest saw %g");
        expect(15008, "ConnectionRefusedError");
        expect(15021, "ready");
        assertFromOutside("all ports");
        assertOthersGoDirectly();

        assertThat(mesh.ask(lab.guest, Lab.OUTSIDE, 8443))
                .as("excluded outbound")
                .isEqualTo("outside saw " + MeshLab.POD);

        // kubevirt #5200: to a port that a Service has, Envoy comes from localhost to localhost
        mesh.proxy(1337, "in=15006:localhost");
        expect(1500, "in[%s:1500] guest saw %g");
        assertFromOutside("by localhost");
        // E9-E12: a client outside the mesh under strict mTLS; E15, E16: REGISTRY_ONLY
        mesh.proxy(1337, "strict", "registry-only", SIDECAR[0], SIDECAR[1]);
        expect(1500, "closed");
        expect(1501, "closed");
        assertFromOutside("strict");
        assertThat(mesh.ask(lab.guest, Lab.OUTSIDE, 80)).endsWith("502");
        mesh.endProxy();
        expect(1500, "ConnectionRefusedError");
        assertFromOutside("no proxy: the guest is not reached around it");
        assertThat(mesh.rulesNow()).as("the mesh's rules").isEqualTo(rules);
    }

    /** What the guest opens, in both families. */
    private void assertOutward(String through) {
        String to = Lab.OUTSIDE + ":80";
        String to6 = Lab.OUTSIDE6 + ":80";
        Map<String, String> wanted = new TreeMap<>();
        wanted.put(to, through.replace("%d", to) + "outside saw " + MeshLab.POD);
        wanted.put(to6, through.replace("%d", to6) + "outside saw " + MeshLab.POD6);
        assertThat(mesh.ask(lab.guest, List.of(to, to6))).as(mesh.servers()).isEqualTo(wanted);
    }

    /** TCP alone is the mesh's. */
    private void assertOthersGoDirectly() {
        String in = "udp/" + MeshLab.POD + ":1500";
        String in6 = "udp/" + MeshLab.POD6 + ":1500";
        assertThat(mesh.ask(lab.out, List.of(in, in6)))
                .isEqualTo(Map.of(in, "guest saw " + CLIENT, in6, "guest saw " + CLIENT6));
        String out = "udp/" + CLIENT + ":80"; // the server answers from there
        assertThat(mesh.ask(lab.guest, List.of(out)))
                .isEqualTo(Map.of(out, "outside saw " + MeshLab.POD));
        assertThat(lab.in(lab.guest, "ping -c1 -W3 " + Lab.OUTSIDE).code()).isZero();
        assertThat(lab.in(lab.out, "ping -c1 -W3 " + MeshLab.POD).code()).isZero();
    }

    @Test
    void ambientKeepsTheClientsAddressAndLetsProbesPass() {
        mesh.rules("ambient").proxy(0, "in=15006:client", "out=15001:self", "hbone=15008:health");
        String rules = mesh.rulesNow();
        lab.daemon().makeDevice().attachMade(Lab.CHAPTER, "--ports", "all", "--mesh", "ambient");
        lab.configureGuest();
        mesh.serve(lab.guest, "guest", 22, 1500, 15008, 15021);
        mesh.serve(lab.out, "outside", 80);
        expect(22, "in[%s:22] guest saw %c");
        expect(1500, "in[%s:1500] guest saw %c");
        expect(15008, "ready");
        assertFromOutside("ambient");
        assertOutward("out[%d] ");
        assertOthersGoDirectly();
        String probe = "169.254.7.127";
        String probe6 = "fd16:9254:7127:1337:ffff:ffff:ffff:ffff";
        lab.mustIn(lab.out, "ip addr add " + probe + "/32 dev lo");
        lab.mustIn(lab.out, "ip addr add " + probe6 + "/128 dev lo nodad");
        assertThat(mesh.ask(lab.out, List.of("from=" + probe, MeshLab.POD + ":1500")))
                .containsValue("guest saw " + probe);
        assertThat(mesh.ask(lab.out, List.of("from=" + probe6, MeshLab.POD6 + ":1500")))
                .containsValue("guest saw " + probe6);
        assertThat(mesh.rulesNow()).as("the mesh's rules").isEqualTo(rules);
    }

    @Test
    void whatNoRuleTakesIsSentOnAndNothingComesAroundTheProxy() {
        lab.daemon().attachTap(Lab.CHAPTER, "--mesh", "istio").configureGuest();
        mesh.serve(lab.guest, "guest", 22, 80);
        mesh.serve(lab.out, "outside", 80);
        expect(22, "guest saw %c");
        expect(80, "ConnectionRefusedError");
        assertFromOutside("no rules");
        assertOutward("");
        assertThat(lab.mustClient("describe", "nic", "vm")).contains("past_mesh");
        Shell.Result wrong = lab.client("set", "vm", "--mesh", "kuma", "--ports", "all");
        assertThat(wrong.out())
                .contains("mesh must be auto, none, istio, ambient or linkerd: mesh=kuma");
    }

    @Test
    void linkerdHasBothDirections() {
        mesh.rules("linkerd").proxy(2102, "in=4143:self", "out=4140:self", "admin=4191:health");
        String rules = mesh.rulesNow();
        String manifest =
                MeshLab.manifest(
                        "[]",
                        "linkerd.io/inject: enabled",
                        "config.linkerd.io/skip-inbound-ports: \"9090\"");
        lab.daemon().attachDevice(manifest).configureGuest();
        mesh.serve(lab.guest, "guest", 22, 1500, 4191, 9090);
        mesh.serve(lab.out, "outside", 80);
        expect(22, "in[%s:22] guest saw %g");
        expect(1500, "in[%s:1500] guest saw %g");
        expect(4191, "ready");
        assertFromOutside("linkerd");
        assertOutward("out[%d] ");
        assertOthersGoDirectly();
        assertThat(lab.mustClient("describe", "nic", "vm"))
                .contains("linkerd (auto: linkerd.io/inject=enabled), past the proxy: 9090");
        lab.mustClient("detach", "vm");
        assertThat(mesh.rulesNow()).as("the mesh's rules").isEqualTo(rules);
    }

    /** By port and by subnet, as Linkerd's own rules have them; never the proxy's own ports. */
    @Test
    void whatLinkerdSkipsGoesPastItsProxy() {
        mesh.rules("linkerd skips")
                .proxy(2102, "in=4143:self", "out=4140:self", "admin=4191:health");
        String rules = mesh.rulesNow();
        String manifest =
                MeshLab.manifest(
                        "[]",
                        "linkerd.io/inject: enabled",
                        "config.linkerd.io/skip-inbound-ports: \"9090\"",
                        "config.linkerd.io/skip-outbound-ports: \"8443\"",
                        "config.linkerd.io/skip-subnets: \"203.0.113.0/24,2001:db8::/64\"");
        lab.daemon().attachDevice(manifest).configureGuest();
        mesh.serve(lab.guest, "guest", 1500, 4191, 9090);
        mesh.serve(lab.out, "outside", 80, 8443);
        expect(1500, "in[%s:1500] guest saw %g");
        expect(4191, "ready");
        expect(9090, "guest saw %c");
        assertFromOutside("by port");
        for (String each : List.of(Lab.OUTSIDE, Lab.OUTSIDE6)) {
            String pod = each.equals(Lab.OUTSIDE) ? MeshLab.POD : MeshLab.POD6;
            Map<String, String> said =
                    mesh.ask(lab.out, List.of("from=" + each, pod + ":1500", pod + ":4191"));
            assertThat(said)
                    .as("from a skipped subnet")
                    .containsEntry(pod + ":1500", "guest saw " + each)
                    .containsEntry(pod + ":4191", "ready");
            assertThat(mesh.ask(lab.guest, each, 8443)).isEqualTo("outside saw " + pod);
        }
        assertOutward("out[%d] ");
        assertThat(lab.mustClient("describe", "nic", "vm"))
                .contains("past the proxy from 203.0.113.0/24,2001:db8::/64");
        lab.mustClient("detach", "vm");
        assertThat(mesh.rulesNow()).as("the mesh's rules").isEqualTo(rules);
    }

    @Test
    void whatIsEstablishedStaysWhenTheGuestJoinsAndLeaves() throws IOException {
        mesh.rules("istio").proxy(1337, SIDECAR);
        String rules = mesh.rulesNow();
        lab.keeping().daemon().attachDevice(MeshLab.manifest("[]")).configureGuest();
        mesh.serve(lab.guest, "guest", 1500);
        mesh.serve(lab.out, "outside", 80);
        Path end = lab.shell.directory().resolve("end");
        expect(1500, "guest saw %c");
        assertFromOutside("not in a mesh");
        assertOutward("");
        List<Path> logs = new ArrayList<>();
        List<Process> held = new ArrayList<>();
        hold("before", end, logs, held);

        lab.mustClient("set", "vm", "--mesh", "istio");
        expect(1500, "in[%s:1500] guest saw %g");
        assertFromOutside("joined");
        assertOutward("out[%d] ");
        hold("within", end, logs, held);

        lab.killDaemon();
        assertThat(mesh.rulesNow()).as("after kill -9").isEqualTo(rules);
        lab.daemon();
        expect(1500, "in[%s:1500] guest saw %g");
        assertFromOutside("restarted");
        assertOutward("out[%d] ");

        lab.mustClient("set", "vm", "--mesh", "none");
        expect(1500, "guest saw %c");
        assertFromOutside("left");
        assertOutward("");
        Files.createFile(end);
        for (int i = 0; i < held.size(); i++) {
            Process process = held.get(i);
            String name = logs.get(i).getFileName().toString();
            Wait.until(name, 10, process::isAlive, alive -> !alive);
            assertThat(Shell.text(logs.get(i))).as(name).endsWith("held\n");
        }
        lab.mustClient("detach", "vm");
        assertThat(mesh.rulesNow()).as("detached").isEqualTo(rules);
        assertThat(lab.in(lab.pod, "ip link show k6t-eth0").code()).as("gone").isNotZero();
    }

    private void hold(String when, Path end, List<Path> logs, List<Process> held) {
        String[][] ways = {
            {lab.out, MeshLab.POD, "1500"}, {lab.out, MeshLab.POD6, "1500"},
            {lab.guest, Lab.OUTSIDE, "80"}, {lab.guest, Lab.OUTSIDE6, "80"}
        };
        for (String[] way : ways) {
            Path log = lab.shell.directory().resolve(when + "-to-" + way[1]);
            logs.add(log);
            held.add(mesh.hold(way[0], log, way[1], Integer.parseInt(way[2]), end));
        }
    }
}
