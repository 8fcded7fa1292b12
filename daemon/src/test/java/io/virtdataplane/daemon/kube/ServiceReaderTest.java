package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.virtdataplane.daemon.service.ServiceMap.Access;
import io.virtdataplane.daemon.service.ServiceMap.AccessPoint;
import io.virtdataplane.daemon.service.ServiceMap.Endpoint;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.daemon.service.ServiceMap.State;
import io.virtdataplane.dataplane.FrontEnd;
import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Protocols;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Services and slices as API servers have them; the rules are kube-proxy's. */
class ServiceReaderTest {
    private static final String WEB =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: shop}
            spec:
              type: LoadBalancer
              clusterIP: 10.96.0.9
              clusterIPs: [10.96.0.9, "fd00:96::9"]
              externalIPs: [198.51.100.1]
              ports:
              - {name: http, port: 80, protocol: TCP, targetPort: 8080, nodePort: 30080}
              - {name: dns, port: 53, protocol: UDP, targetPort: dns}
            status:
              loadBalancer: {ingress: [{ip: 198.51.100.80, ipMode: VIP}, {ip: 198.51.100.80}, {ip: 198.51.100.81, ipMode: Proxy}, {hostname: lb.example.test}]}
            """;

    private static final String SLICE =
            """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports: [{name: http, port: 8080, protocol: TCP}, {name: dns, port: 5353, protocol: UDP}]
            endpoints:
            """;

    private static List<ServicePort> read(String service, String... endpoints) {
        List<EndpointSlice> slices =
                Stream.of(endpoints)
                        .map(
                                each ->
                                        Serialization.unmarshal(
                                                SLICE + "- " + each.replace("\n", "\n- "),
                                                EndpointSlice.class))
                        .toList();
        return new ServiceReader(new SliceEndpoints.Place("node1", "zone1"))
                .read(Serialization.unmarshal(service, Service.class), slices);
    }

    private static String at(long high, long low) {
        return AddressText.ip(high, low);
    }

    /** Where a guest may be sent by the cluster's address. */
    private static List<String> chosen(String service, String... endpoints) {
        ServicePort port = read(service, endpoints).getFirst();
        AccessPoint own = port.accessPoints().getFirst();
        return port.frontEnd(own, 1, port.policy().isInternalLocal()).endpoints().stream()
                .map(each -> at(each.high(), each.low()))
                .toList();
    }

    @Test
    void eachPortHasItsAddressesByFamily() {
        List<ServicePort> ports = read(WEB, "{addresses: [10.244.1.6], nodeName: node1}");
        assertThat(ports)
                .extracting(
                        port ->
                                port.service()
                                        + " "
                                        + port.name()
                                        + " "
                                        + port.protocol()
                                        + (port.isIpv6() ? " v6 " : " v4 ")
                                        + port.endpoints().stream().map(Endpoint::port).toList())
                .containsExactly(
                        "shop/web http 6 v4 [8080]",
                        "shop/web http 6 v6 []",
                        "shop/web dns 17 v4 [5353]",
                        "shop/web dns 17 v6 []");
        assertThat(ports.getFirst().accessPoints())
                .extracting(each -> each.access() + " " + at(each.high(), each.low()))
                .as("node ports are kube-proxy's, ipMode Proxy is the balancer's own")
                .containsExactly(
                        Access.CLUSTER_IP + " 10.96.0.9",
                        Access.EXTERNAL_IP + " 198.51.100.1",
                        Access.LOAD_BALANCER + " 198.51.100.80");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "clusterIP: None",
                "type: ExternalName, externalName: example.test",
                "clusterIP: ''",
                "type: ExternalName, clusterIP: 10.96.0.1"
            })
    void whatHasNoAddressIsNotThere(String spec) {
        assertThat(
                        read(
                                "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {"
                                        + spec
                                        + ", ports: [{port: 80}]}"))
                .isEmpty();
    }

    @Test
    void conditionsThatAreNotSaidAreTakenAsTheApiHasThem() {
        List<Endpoint> endpoints =
                read(
                                WEB,
                                """
                                {addresses: [10.244.1.1]}
                                {addresses: [10.244.1.2], conditions: {ready: false}}
                                {addresses: [10.244.1.3], conditions: {ready: false, serving: true, terminating: true}, targetRef: {kind: Pod, namespace: shop, name: web-3}}\
                                """)
                        .getFirst()
                        .endpoints();
        assertThat(endpoints)
                .extracting(Endpoint::state)
                .containsExactly(
                        State.READY, new State(false, false, false), new State(false, true, true));
        assertThat(endpoints)
                .extracting(Endpoint::server)
                .containsExactly("10.244.1.1", "10.244.1.2", "shop/web-3");
    }

    /** S19. */
    @Test
    void whileNoneIsReadyThoseThatEndStillServe() {
        String ending =
                "{addresses: [10.244.1.3], conditions: {ready: false, serving: true, terminating: true}}";
        String starting = "{addresses: [10.244.1.4], conditions: {ready: false, serving: false}}";
        assertThat(chosen(WEB, ending, starting)).containsExactly("10.244.1.3");
        assertThat(chosen(WEB, ending, starting, "{addresses: [10.244.1.5]}"))
                .containsExactly("10.244.1.5");
        assertThat(chosen(WEB, starting)).isEmpty();
    }

    /** A server that ends keeps what it has, by UDP too (as kube-proxy's cleanup has it). */
    @Test
    void whatHasNoEndStaysWithAServerThatEnds() {
        ServicePort port =
                read(
                                WEB,
                                """
                                {addresses: [10.244.1.3], conditions: {ready: false, serving: true, terminating: true}}
                                {addresses: [10.244.1.4]}
                                {addresses: [10.244.1.5], conditions: {ready: false}}\
                                """)
                        .getFirst();
        FrontEnd front = port.frontEnd(port.accessPoints().getFirst(), 1, false);
        assertThat(front.endpoints())
                .extracting(each -> at(each.high(), each.low()))
                .containsExactly("10.244.1.4");
        assertThat(front.serving())
                .extracting(each -> at(each.high(), each.low()))
                .containsExactly("10.244.1.3", "10.244.1.4");
        assertThat(front.label()).isEqualTo("shop/web:http (ready ones)");
    }

    /** kubernetes 101935, cilium 22446: they differ by port. */
    @Test
    void oneAddressMayServeSeveralPorts() {
        String ports =
                "ports: [{name: http, port: 8080, protocol: TCP}, {name: dns, port: 5353, protocol: UDP}]";
        List<EndpointSlice> slices =
                Stream.of(
                                "[{name: http, port: 8080}]",
                                "[{name: http, port: 9090}]",
                                "[{name: dns}]",
                                "null",
                                "[{port: 8081}]")
                        .map(
                                each ->
                                        Serialization.unmarshal(
                                                SLICE.replace(ports, "ports: " + each)
                                                        + "- {addresses: [10.244.1.3, 10.244.1.9]}",
                                                EndpointSlice.class))
                        .toList();
        List<ServicePort> read =
                new ServiceReader(new SliceEndpoints.Place("node1", ""))
                        .read(Serialization.unmarshal(WEB, Service.class), slices);
        assertThat(read.getFirst().endpoints())
                .extracting(each -> at(each.high(), each.low()) + ":" + each.port())
                .containsExactly("10.244.1.3:8080", "10.244.1.3:9090");
        assertThat(read.get(2).endpoints()).as("a slice without the port").isEmpty();
    }

    @Test
    void anAddressOfTwoSlicesCountsOnce() {
        List<Endpoint> endpoints =
                read(
                                WEB,
                                "{addresses: [10.244.1.3], nodeName: node2}",
                                "{addresses: [10.244.1.3], nodeName: node1}")
                        .getFirst()
                        .endpoints();
        assertThat(endpoints).hasSize(1);
        assertThat(endpoints.getFirst().isLocal()).isTrue();
    }

    @Test
    void earlierSlicesHaveTheNodeInAMap() {
        List<Endpoint> endpoints =
                read(
                                WEB,
                                "{addresses: [10.244.1.3], topology: {kubernetes.io/hostname: node1}}",
                                "{addresses: [10.244.1.4], topology: {kubernetes.io/hostname: node2}}")
                        .getFirst()
                        .endpoints();
        assertThat(endpoints).extracting(Endpoint::isLocal).containsExactly(true, false);
    }

    /** S18. */
    @Test
    void underTheInternalPolicyLocalOnlyThisNodesServe() {
        String local = WEB.replace("type: Load", "internalTrafficPolicy: Local\n  type: Load");
        assertThat(
                        chosen(
                                local,
                                "{addresses: [10.244.1.3], nodeName: node2}",
                                "{addresses: [10.244.1.4], nodeName: node1}"))
                .containsExactly("10.244.1.4");
        assertThat(chosen(local, "{addresses: [10.244.1.3], nodeName: node2}")).isEmpty();
    }

    /** S23. A hint is node or zone; the letters say which endpoints are ready. */
    @ParameterizedTest
    @CsvSource({
        "forZones: [{name: zone1}],                        forZones: [{name: zone2}],  1",
        "forZones: [{name: zone2}],                        forZones: [{name: zone2}],  12",
        "forZones: [{name: zone1}],                        '',                         12",
        "'forZones: [{name: zone2}], forNodes: [{name: node1}]', 'forZones: [{name: zone1}], forNodes: [{name: node2}]', 1",
        "'forZones: [{name: zone2}], forNodes: [{name: node3}]', 'forZones: [{name: zone1}], forNodes: [{name: node2}]', 2",
        "forNodes: [{name: node2}],                        forNodes: [{name: node3}],  12",
    })
    void hintsHoldWhereAllHaveSomeAndOneIsForHere(String first, String second, String expected) {
        List<String> chosen =
                chosen(
                        WEB,
                        "{addresses: [10.244.1.1], hints: {" + first + "}}",
                        "{addresses: [10.244.1.2], hints: {" + second + "}}",
                        "{addresses: [10.244.1.3], conditions: {ready: false}}");
        assertThat(chosen.stream().map(each -> each.substring(9)).reduce("", String::concat))
                .isEqualTo(expected);
    }

    @Test
    void whoMayComeAndForHowLongAClientStays() {
        ServicePort port =
                read(WEB.replace(
                                "type: Load",
                                "sessionAffinity: ClientIP\n  loadBalancerSourceRanges: [' 203.0.113.77/24 ', 'fd00::/8']\n  type: Load"))
                        .getFirst();
        FrontEnd balancer = port.frontEnd(port.accessPoints().get(2), 1, false);
        long[] inside = AddressText.ip("203.0.113.1");
        long[] outside = AddressText.ip("203.0.114.1");
        assertThat(balancer.admits(inside[0], inside[1])).isTrue();
        assertThat(balancer.admits(outside[0], outside[1])).isFalse();
        assertThat(balancer.affinityNs()).isEqualTo(10_800_000_000_000L);
        assertThat(balancer.protocol()).isEqualTo(Protocols.TCP);
    }
}
