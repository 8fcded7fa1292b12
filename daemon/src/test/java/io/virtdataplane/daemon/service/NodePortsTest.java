package io.virtdataplane.daemon.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.daemon.service.NodePorts.Assigned;
import io.virtdataplane.manifest.InvalidManifestException;
import io.virtdataplane.manifest.ServiceManifest;
import io.virtdataplane.manifest.ServiceSpec;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Node ports as Kubernetes gives them. */
class NodePortsTest {
    private final NodePorts ports = new NodePorts(30_000, 32_767, new Random(1));

    private static ServiceSpec service(String spec) {
        return ServiceManifest.parse(
                "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {" + spec + "}}");
    }

    private static ServiceSpec chosen(int port) {
        return service("type: NodePort, ports: [{port: 80, nodePort: " + port + "}]");
    }

    @Test
    void areThoseThatWereChosen() {
        Assigned assigned = ports.assign(chosen(30_000));
        assertThat(assigned.ports()).containsExactly(30_000);
        assertThatThrownBy(() -> ports.assign(chosen(30_000)))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessage(
                        "spec.ports[0].nodePort: Invalid value: 30000: provided port is already allocated");
        ports.release(assigned);
        assertThat(ports.assign(chosen(30_000)).ports()).containsExactly(30_000);
    }

    @Test
    void outsideTheRangeAreRefused() {
        for (int port : new int[] {29_999, 32_768}) {
            assertThatThrownBy(() -> ports.assign(chosen(port)))
                    .hasMessage(
                            "spec.ports[0].nodePort: Invalid value: "
                                    + port
                                    + ": provided port is not in the valid range. The range of valid ports is 30000-32767");
        }
    }

    @Test
    void thatNobodyChoseComeFromTheUpperBandFirst() {
        ServiceSpec any = service("type: NodePort, ports: [{port: 80}]");
        Set<Integer> given = new HashSet<>();
        for (int i = 30_086; i <= 32_767; i++) {
            int port = ports.assign(any).ports().getFirst();
            assertThat(port).isBetween(30_086, 32_767);
            given.add(port);
        }
        assertThat(given).hasSize(32_767 - 30_086 + 1);
        assertThat(ports.assign(any).ports().getFirst()).isBetween(30_000, 30_085);
    }

    @Test
    void endWhenTheRangeIsFull() {
        NodePorts few = new NodePorts(30_000, 30_001, new Random(1));
        ServiceSpec three =
                service(
                        "type: NodePort, ports: [{name: a, port: 1}, {name: b, port: 2}, {name: c, port: 3}]");
        assertThatThrownBy(() -> few.assign(three))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("failed to allocate a nodePort: range is full");
        // what was refused has taken nothing
        ServiceSpec two =
                service("type: NodePort, ports: [{name: a, port: 1}, {name: b, port: 2}]");
        assertThat(few.assign(two).ports()).containsExactlyInAnyOrder(30_000, 30_001);
    }

    @Test
    void areSharedByProtocolsOfOnePort() {
        ServiceSpec dns =
                service(
                        "type: NodePort, ports: [{name: u, port: 53, protocol: UDP}, {name: t, port: 53, nodePort: 30053}, {name: w, port: 80}]");
        Assigned assigned = ports.assign(dns);
        assertThat(assigned.ports().subList(0, 2)).containsExactly(30_053, 30_053);
        assertThat(assigned.ports().get(2)).isGreaterThanOrEqualTo(30_086);
        ports.release(assigned);
        assertThat(ports.assign(chosen(30_053)).ports()).containsExactly(30_053);
    }

    @Test
    void ofALoadBalancerMayBeNone() {
        Assigned assigned =
                ports.assign(
                        service(
                                "type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{name: a, port: 80}, {name: b, port: 81, nodePort: 30081}]"));
        assertThat(assigned.ports()).containsExactly(0, 30_081);
        assertThat(ports.assign(service("ports: [{port: 80}]")).ports()).containsExactly(0);
    }

    @Test
    void ofHealthChecksComeFromTheSameRange() {
        String local = "type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]";
        assertThat(ports.assign(service(local)).healthCheck()).isGreaterThanOrEqualTo(30_086);
        Assigned chosen = ports.assign(service(local + ", healthCheckNodePort: 30010"));
        assertThat(chosen.healthCheck()).isEqualTo(30_010);
        assertThatThrownBy(() -> ports.assign(chosen(30_010))).hasMessageContaining("allocated");
    }
}
