package io.virtdataplane.daemon.service;

import static io.virtdataplane.daemon.service.ServiceRoom.manifest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.daemon.object.ObjectResult;
import io.virtdataplane.manifest.ServiceAssignment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Services by way of files: given, kept, changed and given back, as a cluster does it. */
@Timeout(120)
class ServiceObjectsTest {
    private static final String WEB = "ports: [{port: 80}]";
    @TempDir private Path state;
    private final List<ServiceRoom> rooms = new ArrayList<>();

    private ServiceRoom room(List<String> networks) {
        return started(new ServiceRoom(state, networks));
    }

    private ServiceRoom pooled(String... pool) {
        return started(
                new ServiceRoom(
                        state,
                        ServiceSettings.of(ServiceRoom.DUAL, "30000-32767", List.of(pool)),
                        false));
    }

    private ServiceRoom started(ServiceRoom room) {
        rooms.add(room);
        return room;
    }

    /** The next start on the same disk. */
    private ServiceRoom restarted(ServiceRoom room) {
        room.close();
        return room(ServiceRoom.DUAL);
    }

    @AfterEach
    void close() {
        rooms.forEach(ServiceRoom::close);
    }

    /** S1: A.3, through a file. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "~~ | 1 SingleStack [IPv4] | 1 SingleStack [IPv4]",
                "ipFamilies: [IPv6] | Service default/web: spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster | 1 SingleStack [IPv6]",
                "ipFamilies: [IPv4, IPv6] | Service default/web: spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified | same",
                "ipFamilyPolicy: PreferDualStack | 1 PreferDualStack [IPv4] | 2 PreferDualStack [IPv4, IPv6]",
                "ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6, IPv4] | Service default/web: spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster | 2 PreferDualStack [IPv6, IPv4]",
                "ipFamilyPolicy: RequireDualStack | Service default/web: spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services | 2 RequireDualStack [IPv4, IPv6]",
                "clusterIP: None, selector: {a: b} | 1 SingleStack [IPv4] | 1 SingleStack [IPv4]",
                "clusterIP: None | 1 RequireDualStack [IPv4, IPv6] | 1 RequireDualStack [IPv4, IPv6]",
                "clusterIP: 10.96.0.5 | 1 SingleStack [IPv4] | 1 SingleStack [IPv4]",
                "clusterIP: 'fd00:96::5' | Service default/web: spec.clusterIPs[0]: Invalid value: [\"fd00:96::5\"]: IPv6 is not configured on this cluster | 1 SingleStack [IPv6]",
            })
    void familiesAreThoseOfTheTable(String spec, String ofSingle, String ofDual) throws Exception {
        String all = WEB + (spec.isEmpty() ? "" : ", ") + spec;
        ServiceRoom single = room(ServiceRoom.SINGLE);
        assertThat(outcome(single, all)).isEqualTo(ofSingle);
        state = Files.createDirectories(state.resolve("dual"));
        ServiceRoom dual = room(ServiceRoom.DUAL);
        assertThat(outcome(dual, all)).isEqualTo(ofDual.equals("same") ? ofSingle : ofDual);
    }

    private static String outcome(ServiceRoom room, String spec) {
        try {
            ServiceAssignment given = room.applied(spec);
            return given.clusterIps().size()
                    + " "
                    + given.policy().orElseThrow()
                    + " "
                    + given.families();
        } catch (IllegalArgumentException e) {
            assertThat(room.services.all()).as("refused whole").isEmpty();
            return e.getMessage();
        }
    }

    /** S2 and S3, and that a refusal takes nothing. */
    @Test
    void nodePortIsGivenOnce() {
        ServiceRoom room = room(ServiceRoom.SINGLE);
        room.applied("type: NodePort, ports: [{port: 27017, targetPort: 22, nodePort: 30000}]");
        String other = "type: NodePort, ports: [{port: 80, nodePort: 30000}]";
        assertThatThrownBy(() -> room.apply(manifest("other", other)))
                .hasMessage(
                        "Service default/other: spec.ports[0].nodePort: Invalid value: 30000: provided port is already allocated");
        assertThatThrownBy(
                        () ->
                                room.apply(
                                        manifest(
                                                        "first",
                                                        "type: NodePort, ports: [{port: 1, nodePort: 30001}]")
                                                + manifest(
                                                        "bad",
                                                        "type: NodePort, ports: [{port: 1, nodePort: 29999}]")))
                .hasMessage(
                        "Service default/bad: spec.ports[0].nodePort: Invalid value: 29999: provided port is not in the valid range. The range of valid ports is 30000-32767");
        assertThat(room.services.all()).hasSize(1);
        room.apply(manifest("first", "type: NodePort, ports: [{port: 1, nodePort: 30001}]"));
        assertThat(room.given("first").nodePorts()).containsEntry("", 30_001);
    }

    /** Two in one file are refused as two files would be, whoever comes first. */
    @Test
    void numbersOfAFileDoNotMeet() {
        ServiceRoom room =
                started(
                        new ServiceRoom(
                                state,
                                ServiceSettings.of(ServiceRoom.SINGLE, "30000-30001", List.of()),
                                false));
        for (int i = 0; i < 20; i++) { // what is chosen at random is never what the other asks for
            room.apply(
                    manifest("any", "type: NodePort, ports: [{port: 80}]")
                            + manifest(
                                    "one", "type: NodePort, ports: [{port: 80, nodePort: 30001}]"));
            assertThat(room.given("any").nodePorts()).containsEntry("", 30_000);
            room.delete("any");
            room.delete("one");
        }
        String same = manifest("a", "ports: [{port: 80}], clusterIP: 10.96.0.9");
        assertThatThrownBy(() -> room.apply(same + same.replace("name: a", "name: b")))
                .hasMessage(
                        "Service default/b: spec.clusterIPs: Invalid value: [\"10.96.0.9\"]: failed to allocate IP 10.96.0.9: provided IP is already allocated");
        assertThatThrownBy(() -> room.apply(same + same))
                .hasMessage("Service default/a: must be in a file only once");
        assertThatThrownBy(
                        () ->
                                room.apply(
                                        manifest(
                                                "three",
                                                "type: NodePort, ports: [{name: a, port: 1}, {name: b, port: 2}, {name: c, port: 3}]")))
                .hasMessage("Service default/three: failed to allocate a nodePort: range is full");
        assertThat(room.services.all()).isEmpty();
    }

    /** S4. */
    @Test
    void allIsGivenBackOnDelete() {
        ServiceRoom room = pooled("192.0.2.7/32");
        String all =
                "type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 31000, clusterIP: 10.96.0.9, ports: [{port: 80, nodePort: 30080}]";
        for (int i = 0; i < 3; i++) {
            ServiceAssignment given = room.applied(all);
            assertThat(given.clusterIps()).containsExactly("10.96.0.9");
            assertThat(given.nodePorts()).containsEntry("", 30_080);
            assertThat(given.healthCheckNodePort()).isEqualTo(31_000);
            assertThat(given.loadBalancer()).containsExactly("192.0.2.7");
            room.delete("web");
            assertThat(room.map().ports()).isEmpty();
            assertThat(room.map().healthChecks()).isEmpty();
        }
        assertThat(state.resolve("services")).isEmptyDirectory();
    }

    /** S5: each type to each other, and what each gives back. */
    @Test
    void typeChanges() {
        ServiceRoom room = pooled("192.0.2.7/32");
        String cluster = room.applied(WEB).clusterIps().getFirst();
        ServiceAssignment nodePort = room.applied(WEB + ", type: NodePort");
        assertThat(nodePort.clusterIps()).containsExactly(cluster);
        int port = nodePort.nodePorts().get("");
        ServiceAssignment balancer = room.applied(WEB + ", type: LoadBalancer");
        assertThat(balancer.nodePorts()).as("it keeps its own").containsEntry("", port);
        assertThat(balancer.loadBalancer()).containsExactly("192.0.2.7");
        ServiceAssignment inside = room.applied(WEB);
        assertThat(inside.nodePorts()).isEmpty();
        assertThat(inside.loadBalancer()).isEmpty();
        room.apply(
                manifest("other", "type: NodePort, ports: [{port: 80, nodePort: " + port + "}]"));
        ServiceAssignment name = room.applied("type: ExternalName, externalName: db.example.com");
        assertThat(name.clusterIps()).isEmpty();
        room.apply(manifest("third", WEB + ", clusterIP: " + cluster));
        ServiceAssignment again = room.applied(WEB);
        assertThat(again.clusterIps()).hasSize(1).doesNotContain(cluster);
    }

    /** S6. */
    @Test
    void portsOfOneNumberShareANodePort() {
        ServiceRoom room = room(ServiceRoom.SINGLE);
        ServiceAssignment given =
                room.applied(
                        "type: NodePort, ports: [{name: udp, port: 53, protocol: UDP}, {name: tcp, port: 53}, {name: web, port: 80}]");
        assertThat(given.nodePorts().get("udp")).isEqualTo(given.nodePorts().get("tcp"));
        assertThat(Set.copyOf(given.nodePorts().values())).hasSize(2);
    }

    /** S8, and what apply says, as kubectl does. */
    @Test
    void fileIsAppliedAndDeletedAsAWhole() {
        ServiceRoom room = room(ServiceRoom.SINGLE);
        String file = manifest("a", WEB) + manifest("b", WEB + ", type: NodePort");
        assertThat(room.apply(file).objects())
                .extracting(ObjectResult::change)
                .containsOnly("created");
        Map<String, Integer> had = room.given("b").nodePorts();
        assertThat(room.apply(file).objects())
                .extracting(ObjectResult::change)
                .containsOnly("unchanged");
        assertThat(room.given("b").nodePorts()).isEqualTo(had);
        assertThat(room.apply(file.replace("port: 80", "port: 81")).objects())
                .extracting(ObjectResult::change)
                .containsOnly("configured");
        assertThat(room.given("b").nodePorts()).as("kept").isEqualTo(had);
        room.objects.delete(file);
        assertThat(room.services.all()).isEmpty();
    }

    @Test
    void dryRunGivesNothing() {
        ServiceRoom room = room(ServiceRoom.SINGLE);
        String file = manifest("web", "type: NodePort, ports: [{port: 80, nodePort: 30000}]");
        for (int i = 0; i < 2; i++) {
            assertThat(room.objects.dryRun(file, ApplyOptions.DEFAULT).objects())
                    .extracting(ObjectResult::change)
                    .containsExactly("created");
            assertThat(room.services.all()).isEmpty();
        }
        room.apply(file);
        assertThatThrownBy(
                        () ->
                                room.objects.dryRun(
                                        file.replace("web", "other"), ApplyOptions.DEFAULT))
                .hasMessageContaining("provided port is already allocated");
    }

    @Test
    void whatMayNotChangeIsRefusedAndNothingChanges() {
        ServiceRoom room = room(ServiceRoom.DUAL);
        ServiceAssignment given = room.applied(WEB + ", ipFamilyPolicy: PreferDualStack");
        for (String[] wrong :
                new String[][] {
                    {"clusterIP: 10.96.0.77", "may not change once set"},
                    {"clusterIP: None", "may not change once set"},
                    {"ipFamilies: [IPv6]", "may not change once set"},
                }) {
            assertThatThrownBy(() -> room.applied(WEB + ", " + wrong[0]))
                    .hasMessageStartingWith("Service default/web: ")
                    .hasMessageContaining(wrong[1]);
            assertThat(room.given("web")).isEqualTo(given);
        }
        ServiceAssignment single = room.applied(WEB + ", ipFamilyPolicy: SingleStack");
        assertThat(single.clusterIps()).isEqualTo(given.clusterIps().subList(0, 1));
        room.apply(
                manifest(
                        "other",
                        WEB
                                + ", ipFamilies: [IPv6], clusterIP: '"
                                + given.clusterIps().get(1)
                                + "'"));
    }

    /** Also after kill -9: what was said to a user is on the disk. */
    @Test
    void allIsKeptOverAStart() {
        ServiceRoom room = pooled("192.0.2.0/28");
        String balanced = "type: LoadBalancer, externalTrafficPolicy: Local, " + WEB;
        room.apply(
                manifest("a", WEB + ", ipFamilyPolicy: RequireDualStack")
                        + manifest("b", WEB + ", type: NodePort")
                        + manifest("c", balanced)
                        + manifest("d", "clusterIP: None, " + WEB)
                        + manifest("e", "type: ExternalName, externalName: x.example.com"));
        List<StandingService> before = room.services.all();
        ServiceMap map = room.map();
        room.close();
        ServiceRoom next = pooled("192.0.2.0/28");
        assertThat(next.services.all()).isEqualTo(before);
        assertThat(next.map().ports())
                .extracting(ServiceMap.ServicePort::accessPoints)
                .containsExactlyInAnyOrderElementsOf(
                        map.ports().stream().map(ServiceMap.ServicePort::accessPoints).toList());
        assertThatThrownBy(
                        () ->
                                next.apply(
                                        manifest(
                                                "f",
                                                WEB
                                                        + ", clusterIP: "
                                                        + next.given("a").clusterIps().getFirst())))
                .hasMessageContaining("provided IP is already allocated");
        for (String port :
                new String[] {
                    "nodePort: " + next.given("b").nodePorts().get(""),
                    "nodePort: " + next.given("c").healthCheckNodePort()
                }) {
            assertThatThrownBy(
                            () ->
                                    next.apply(
                                            manifest(
                                                    "g",
                                                    "type: NodePort, ports: [{port: 1, "
                                                            + port
                                                            + "}]")))
                    .hasMessageContaining("provided port is already allocated");
        }
    }

    /** The daemon ended between the object and what it was given: nobody was told of either. */
    @Test
    void whatIsMissingIsGivenAtTheNextStart() throws IOException {
        ServiceRoom room = room(ServiceRoom.DUAL);
        room.apply(
                manifest("a", WEB + ", type: NodePort") + manifest("b", WEB + ", type: NodePort"));
        ServiceAssignment kept = room.given("a");
        room.close();
        Files.delete(state.resolve("services/default_b.given"));
        Files.writeString(state.resolve("services/default_c.given"), "left of one deleted");
        ServiceRoom next = room(ServiceRoom.DUAL);
        assertThat(next.given("a")).isEqualTo(kept);
        assertThat(next.given("b").nodePorts().get("")).isNotEqualTo(kept.nodePorts().get(""));
        assertThat(next.given("b").clusterIps()).doesNotContainAnyElementsOf(kept.clusterIps());
        ServiceAssignment given = next.given("b");
        assertThat(restarted(next).given("b")).as("and kept").isEqualTo(given);
        assertThat(next.events())
                .anyMatch(
                        event -> event.startsWith("RestoreFailed") && event.contains("default_c"));
    }

    @Test
    void damagedFileCostsItsServiceItsNumbersAndNoOther() throws IOException {
        ServiceRoom room = room(ServiceRoom.DUAL);
        room.apply(manifest("a", WEB + ", type: NodePort") + manifest("b", WEB));
        ServiceAssignment other = room.given("b");
        room.close();
        Path file = state.resolve("services/default_a.given");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        ServiceRoom next = room(ServiceRoom.DUAL);
        assertThat(next.given("b")).isEqualTo(other);
        assertThat(next.given("a").nodePorts()).hasSize(1);
        assertThat(state.resolve("services/default_a.given.damaged")).exists();
    }

    /** As Kubernetes: running Services are not moved by a setting. */
    @Test
    void settingsThatChangeDoNotMoveServices() {
        ServiceRoom room = room(ServiceRoom.SINGLE);
        ServiceAssignment given = room.applied(WEB + ", type: NodePort");
        room.close();
        ServiceRoom next =
                started(
                        new ServiceRoom(
                                state,
                                ServiceSettings.of(
                                        List.of("172.30.0.0/16"), "20000-20100", List.of()),
                                false));
        assertThat(next.given("web")).isEqualTo(given);
        assertThat(next.applied(WEB + ", type: NodePort")).as("applied again").isEqualTo(given);
        next.apply(manifest("new", WEB + ", type: NodePort"));
        assertThat(next.given("new").clusterIps().getFirst()).startsWith("172.30.");
        next.delete("web");
        assertThat(next.events())
                .anyMatch(event -> event.startsWith("ClusterIPOutOfRange default/web"))
                .anyMatch(event -> event.startsWith("PortOutOfRange default/web"));
    }

    @Test
    void loadBalancerAddressesComeFromThePool() {
        ServiceRoom room = pooled("192.0.2.7-192.0.2.8", "2001:db8::7/128");
        String balanced = WEB + ", type: LoadBalancer";
        room.apply(manifest("a", balanced) + manifest("b", balanced) + manifest("c", balanced));
        assertThat(room.given("a").loadBalancer()).containsExactly("192.0.2.7");
        assertThat(room.given("b").loadBalancer()).containsExactly("192.0.2.8");
        assertThat(room.given("c").loadBalancer()).as("it waits").isEmpty();
        room.delete("a");
        assertThat(room.given("c").loadBalancer()).containsExactly("192.0.2.7");
        room.apply(manifest("d", balanced + ", ipFamilyPolicy: RequireDualStack"));
        assertThat(room.given("d").loadBalancer()).containsExactly("2001:db8::7");
        room.apply(manifest("e", balanced + ", loadBalancerClass: example.com/other"));
        assertThat(room.given("e").loadBalancer()).isEmpty();
        assertThatThrownBy(
                        () -> room.apply(manifest("f", balanced + ", loadBalancerIP: 192.0.2.8")))
                .hasMessage(
                        "Service default/f: spec.loadBalancerIP: Invalid value: \"192.0.2.8\": must be of the load balancer pool, and free");
        room.delete("b");
        assertThat(room.given("d").loadBalancer()).containsExactly("192.0.2.8", "2001:db8::7");
        room.delete("d");
        room.apply(manifest("f", balanced + ", loadBalancerIP: 192.0.2.8"));
        assertThat(room.given("f").loadBalancer()).containsExactly("192.0.2.8");
    }

    /** A file is taken whole: nobody who waits gets what is meant for one of it. */
    @Test
    void addressMeantForOneOfTheFileIsNotGivenToOneThatWaits() {
        ServiceRoom room = pooled("192.0.2.7/32");
        String balanced = WEB + ", type: LoadBalancer";
        room.apply(manifest("a", balanced));
        room.apply(manifest("waits", balanced));
        room.apply(manifest("a", WEB) + manifest("b", balanced));
        Set<String> given = new HashSet<>(room.given("b").loadBalancer());
        assertThat(given).containsExactly("192.0.2.7");
        assertThat(room.given("waits").loadBalancer()).isEmpty();
    }

    @Test
    void inAClusterTheyAreTheClusters() {
        ServiceRoom room =
                started(
                        new ServiceRoom(
                                state,
                                ServiceSettings.of(ServiceRoom.SINGLE, "30000-32767", List.of()),
                                true));
        assertThatThrownBy(() -> room.applied(WEB))
                .hasMessageContaining("apply it there, with kubectl");
    }

    /** The disk takes no file: all is as before, and what was chosen is free again. */
    @Test
    void whatCannotBeKeptIsNotGiven() throws IOException {
        ServiceRoom room = room(ServiceRoom.SINGLE);
        Path directory = state.resolve("services");
        Files.delete(directory);
        Files.writeString(directory, "in the way");
        String spec = "type: NodePort, ports: [{port: 80, nodePort: 30000}]";
        assertThatThrownBy(() -> room.applied(spec)).isInstanceOf(RuntimeException.class);
        assertThat(room.services.all()).isEmpty();
        assertThat(state.resolve("objects/Service")).isDirectoryNotContaining("glob:**.yaml");
        Files.delete(directory);
        Files.createDirectory(directory);
        assertThat(room.applied(spec).nodePorts()).containsEntry("", 30_000);
    }
}
