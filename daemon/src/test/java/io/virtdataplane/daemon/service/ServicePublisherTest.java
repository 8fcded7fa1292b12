package io.virtdataplane.daemon.service;

import static io.virtdataplane.daemon.service.ServiceRoom.manifest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.daemon.service.ServiceMap.AccessPoint;
import io.virtdataplane.daemon.service.ServiceMap.Endpoint;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.daemon.service.ServiceMap.SourceRange;
import io.virtdataplane.wire.AddressText;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the packet path is told of Services and machines, and when. */
@Timeout(120)
class ServicePublisherTest {
    private static final String WEB = "selector: {app: web}, ports: [{port: 80, targetPort: 8080}]";
    @TempDir private Path state;
    private ServiceRoom room;

    @BeforeEach
    void start() {
        room =
                new ServiceRoom(
                        state,
                        ServiceSettings.of(
                                ServiceRoom.DUAL, "30000-32767", List.of("192.0.2.0/28")),
                        false);
    }

    @AfterEach
    void stop() {
        room.close();
    }

    private List<String> endpoints() {
        return room.map().ports().getFirst().endpoints().stream()
                .map(one -> AddressText.ip(one.high(), one.low()) + ":" + one.port())
                .toList();
    }

    private static String text(AccessPoint frontEnd) {
        return frontEnd.access()
                + " "
                + (frontEnd.access() == Access.NODE_PORT
                        ? ""
                        : AddressText.ip(frontEnd.high(), frontEnd.low()))
                + ":"
                + frontEnd.port();
    }

    @Test
    void endpointsFollowMachinesAtOnce() {
        room.applied(WEB);
        assertThat(endpoints()).isEmpty();
        room.machine("default/b", 7, "app=web", "10.244.1.5");
        room.machine("default/a", 8, "app=web,tier=front", "10.244.1.6,fd00:10:244::6");
        room.machine("default/c", 9, "app=db", "10.244.1.7");
        room.machine("other/d", 10, "app=web", "10.244.1.8");
        assertThat(endpoints()).containsExactly("10.244.1.6:8080", "10.244.1.5:8080");
        Endpoint first = room.map().ports().getFirst().endpoints().getFirst();
        assertThat(first.server()).isEqualTo("default/a");
        assertThat(first.isLocal()).isTrue();
        assertThat(first.state()).isEqualTo(ServiceMap.State.READY);
        room.detach("default/b");
        assertThat(endpoints()).containsExactly("10.244.1.6:8080");
        room.machine("default/a", 8, "app=db", "10.244.1.6"); // other labels
        assertThat(endpoints()).isEmpty();
        room.applied(WEB.replace("web", "db"));
        assertThat(endpoints()).hasSize(2);
        assertThat(room.told).extracting(ServiceMap::version).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void nothingIsToldWhereNothingChanges() {
        room.applied(WEB);
        int told = room.told.size();
        room.machine("default/c", 9, "app=db", "10.244.1.7");
        room.applied(WEB);
        assertThat(room.told).hasSize(told);
    }

    @Test
    void everyWayInIsAFrontEnd() {
        room.machine("default/a", 8, "app=web", "10.244.1.6,fd00:10:244::6");
        room.applied(
                "type: LoadBalancer, ipFamilyPolicy: RequireDualStack, clusterIPs: [10.96.0.9, 'fd00:96::9'], clusterIP: 10.96.0.9, externalIPs: [198.51.100.1], externalTrafficPolicy: Local, internalTrafficPolicy: Local, sessionAffinity: ClientIP, loadBalancerSourceRanges: [203.0.113.77/24], selector: {app: web}, ports: [{name: web, port: 80, nodePort: 30080, targetPort: 8080}]");
        ServicePort v4 = room.map().ports().get(0);
        assertThat(v4.accessPoints())
                .extracting(ServicePublisherTest::text)
                .containsExactly(
                        "CLUSTER_IP 10.96.0.9:80",
                        "EXTERNAL_IP 198.51.100.1:80",
                        "LOAD_BALANCER 192.0.2.0:80",
                        "NODE_PORT :30080");
        assertThat(v4.policy().isExternalLocal() && v4.policy().isInternalLocal()).isTrue();
        assertThat(v4.policy().affinitySeconds()).isEqualTo(10_800);
        long[] range = AddressText.ip("203.0.113.0");
        assertThat(v4.policy().sourceRanges())
                .contains(List.of(new SourceRange(range[0], range[1], 96 + 24)));
        ServicePort v6 = room.map().ports().get(1);
        assertThat(v6.isIpv6()).isTrue();
        assertThat(v6.accessPoints())
                .extracting(ServicePublisherTest::text)
                .containsExactly("CLUSTER_IP fd00:96::9:80", "NODE_PORT :30080");
        assertThat(v6.policy().sourceRanges()).as("nobody of this family").contains(List.of());
        assertThat(v6.endpoints()).hasSize(1);
        assertThat(room.map().healthChecks())
                .containsExactly(
                        new ServiceMap.HealthCheck(
                                room.given("web").healthCheckNodePort(), "default/web", 1));
        room.detach("default/a");
        assertThat(room.map().healthChecks().getFirst().localEndpoints()).isZero();
    }

    @Test
    void numbersOfPortsStayWhileTheyAreThere() {
        room.apply(manifest("a", WEB) + manifest("b", WEB) + manifest("c", WEB));
        int number = number("default/c");
        room.delete("a");
        assertThat(number("default/c")).isEqualTo(number);
        room.apply(manifest("d", WEB));
        assertThat(number("default/c")).isEqualTo(number);
        assertThat(room.map().ports()).extracting(ServicePort::number).doesNotHaveDuplicates();
        assertThat(number("default/d")).as("given anew").isLessThan(3);
    }

    private int number(String service) {
        return room.map().ports().stream()
                .filter(port -> port.service().equals(service))
                .mapToInt(ServicePort::number)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void namedTargetIsTheMachinesListedPort() {
        room.machine("default/a", 1, "app=web", "10.244.1.5", "TCP/8080/http", "UDP/53/http");
        room.machine("default/b", 2, "app=web", "10.244.1.6", "TCP/80/http");
        String named = "selector: {app: web}, ports: [{port: 80, targetPort: http}]";
        room.applied(named);
        assertThat(endpoints()).containsExactly("10.244.1.5:8080", "10.244.1.6:80");
        assertThatThrownBy(() -> room.applied(named.replace(": http", ": https")))
                .hasMessage(
                        "Service default/web: spec.ports[0].targetPort: Invalid value: \"https\": must be the name of a TCP port that the machine lists (interfaces[].ports) machine=default/a");
        assertThat(endpoints()).as("as before").hasSize(2);
    }

    @Test
    void targetThatIsNotOpenIsRefusedAndToldWhenItBecomesSo() {
        room.machine("default/a", 1, "app=web", "10.244.1.5", "TCP/80");
        assertThatThrownBy(() -> room.applied(WEB))
                .hasMessage(
                        "Service default/web: spec.ports[0].targetPort: Invalid value: 8080: must be an open port of the machine: open=TCP/80 machine=default/a");
        room.machine("default/a", 1, "app=web", "10.244.1.5", "TCP/80", "TCP/8080");
        room.applied(WEB);
        room.machine("default/a", 1, "app=web", "10.244.1.5", "TCP/80");
        room.publisher.changed();
        assertThat(endpoints()).isEmpty();
        assertThat(room.events().stream().filter(event -> event.startsWith("TargetPortNotOpen")))
                .containsExactly(
                        "TargetPortNotOpen default/web machine=default/a targetPort=TCP/8080: targetPort must be an open port of the machine: open=TCP/80");
    }

    @Test
    void whoDoesNotServeIsNamedWithTheReason() {
        room.machine("default/a", 1, "app=web", "10.244.1.5", "TCP/8080");
        room.machine("default/b", 2, "app=web", "fd00:10:244::6", "TCP/8080");
        room.put("default/c", "app=web", Optional.empty(), "not attached, tried again: no tap0");
        room.applied(WEB);
        room.machine("default/d", 3, "app=web", "10.244.1.8", "TCP/80");
        ServiceEndpoints found =
                ServiceEndpoints.among(List.copyOf(room.machines.values()))
                        .apply(room.services.all().getFirst());
        assertThat(found.missing())
                .extracting(one -> one.machine() + ": " + one.why())
                .containsExactly(
                        "default/b: its pod has no IPv4 address",
                        "default/c: not attached, tried again: no tap0",
                        "default/d: targetPort 8080/TCP must be an open port of the machine: open=TCP/80");
    }

    /** Labels that KubeVirt gives each pod, and that users select by. */
    @Test
    void machineIsSelectedByItsName() {
        room.machine("default/fedora", 1, "a=b", "10.244.1.5");
        room.applied(
                "selector: {vm.kubevirt.io/name: fedora, kubevirt.io: virt-launcher}, ports: [{port: 22}]");
        assertThat(endpoints()).containsExactly("10.244.1.5:22");
    }

    @Test
    void headlessOnesAndNamesHaveNoFrontEnd() {
        room.machine("default/a", 1, "app=web", "10.244.1.5");
        room.apply(
                manifest("headless", WEB + ", clusterIP: None")
                        + manifest("name", "type: ExternalName, externalName: x.example.com")
                        + manifest("free", "ports: [{port: 80}]"));
        assertThat(room.map().ports())
                .extracting(ServicePort::service)
                .containsExactly("default/free");
        assertThat(room.map().ports().getFirst().endpoints()).as("nobody's").isEmpty();
        ServiceEndpoints headless =
                ServiceEndpoints.among(List.copyOf(room.machines.values()))
                        .apply(room.services.all().get(1));
        assertThat(headless.endpoints().getFirst().endpoints()).hasSize(1);
    }

    /** 1,000 Services with 10 endpoints each: each change of a machine is told, in order. */
    @Test
    void manyServicesAreBroughtUpToDateWithEachChange() {
        StringBuilder file = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            file.append(
                    manifest(
                            "web" + i, "selector: {group: g" + i % 100 + "}, ports: [{port: 80}]"));
        }
        room.isQuiet = true;
        for (int i = 0; i < 1000; i++) {
            String address = "10.244." + (1 + i / 250) + "." + (1 + i % 250);
            room.machine("default/m" + i, i, "group=g" + i % 100, address);
        }
        room.isQuiet = false;
        int toldOfNone = room.told.size();
        room.apply(file.toString());
        assertThat(room.told).as("one map for the whole file").hasSize(toldOfNone + 1);
        assertThat(room.map().ports())
                .hasSize(1000)
                .allSatisfy(port -> assertThat(port.endpoints()).hasSize(10));
        int told = room.told.size();
        long before = System.nanoTime();
        for (int i = 0; i < 100; i++) {
            room.detach("default/m" + i);
        }
        long milliseconds = (System.nanoTime() - before) / 1_000_000;
        assertThat(room.told).hasSize(told + 100);
        assertThat(room.map().ports()).allSatisfy(port -> assertThat(port.endpoints()).hasSize(9));
        assertThat(milliseconds).as("for 100 changes").isLessThan(10_000);
    }

    /** One listener that fails, and a burst of changes from many threads. */
    @Test
    void listenersAreToldTheNewestLast() throws InterruptedException {
        room.publisher.follow(
                map -> {
                    throw new IllegalStateException("one that fails");
                });
        room.applied(WEB);
        List<Thread> threads =
                IntStream.range(0, 16)
                        .mapToObj(
                                i ->
                                        Thread.ofPlatform()
                                                .start(
                                                        () -> {
                                                            synchronized (room.machines) {
                                                                room.machine(
                                                                        "default/m" + i,
                                                                        i,
                                                                        "app=web",
                                                                        "10.244.1." + (i + 1));
                                                            }
                                                        }))
                        .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(endpoints()).hasSize(16);
        assertThat(room.publisher.latest()).isSameAs(room.map());
    }
}
