package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.APIResourceListBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import io.virtdataplane.wire.AddressText;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where guests are led by what the API says, as it says it: with discovery.k8s.io/v1, which the
 * server of the end-to-end tests is too old for. Numbers such as S23 are those of upstream's
 * conformance tests.
 */
@Timeout(120)
class ClusterServicesTest {
    private static final String WEB =
            """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: shop}
            spec:
              clusterIP: 10.96.0.9
              %s
              ports: [{port: 80}]
            """;
    private static final String SLICE =
            """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports: [{port: 8080}]
            endpoints: [%s]
            """;
    private static final String NEAR = "addresses: [10.244.1.5], nodeName: node1";
    private static final String FAR = "addresses: [10.244.2.5], nodeName: node2";

    @TempDir private Path directory;
    private final Map<ServerRequest, Queue<ServerResponse>> responses = new HashMap<>();
    private final KubernetesMockServer server =
            new KubernetesMockServer(
                    new Context(),
                    new MockWebServer(),
                    responses,
                    new KubernetesMixedDispatcher(responses),
                    false);
    private final BlockingQueue<ServiceMap> told = new LinkedBlockingQueue<>();
    private KubernetesClient client;
    private ClusterServices services;

    @BeforeEach
    void start() {
        server.init();
        server.expect()
                .get()
                .withPath("/apis/discovery.k8s.io/v1")
                .andReturn(
                        200,
                        new APIResourceListBuilder()
                                .withGroupVersion("discovery.k8s.io/v1")
                                .build())
                .always();
        client = server.createClient();
        services =
                new ClusterServices(
                        client,
                        new NodeLabels("node1", Map.of("topology.kubernetes.io/zone", "zone1")),
                        told::add,
                        new ClosedTargets(List::of, each -> {}),
                        new KeptServices(directory));
    }

    @AfterEach
    void close() {
        services.close();
        client.close();
        server.destroy();
    }

    private void apply(String service) {
        client.resource(Serialization.unmarshal(service, Service.class))
                .createOr(NonDeletingOperation::update);
    }

    private void endpoints(String... all) {
        String slice =
                SLICE.formatted(
                        Stream.of(all)
                                .map(each -> "{" + each + "}")
                                .collect(Collectors.joining(", ")));
        client.resource(Serialization.unmarshal(slice, EndpointSlice.class))
                .createOr(NonDeletingOperation::update);
    }

    /** The last numbers of the addresses' third parts: "12" are both pods. */
    private static String chosen(ServiceMap map) {
        if (map.ports().isEmpty()) {
            return "none";
        }
        ServicePort port = map.ports().getFirst();
        return port
                .frontEnd(port.accessPoints().getFirst(), 1, port.policy().isInternalLocal())
                .endpoints()
                .stream()
                .map(each -> AddressText.ip(each.high(), each.low()).split("\\.")[2])
                .collect(Collectors.joining());
    }

    private void await(String wanted) throws InterruptedException {
        String seen = "";
        while (!seen.equals(wanted)) {
            ServiceMap map = told.poll(30, TimeUnit.SECONDS);
            assertThat(map).as("wanted " + wanted + ", seen " + seen).isNotNull();
            seen = chosen(map);
        }
    }

    /** S23: PreferSameNode and PreferSameZone come as hints. */
    @Test
    void hintsAreFollowedWhileOneOfThemServes() throws InterruptedException {
        String nearHint = NEAR + ", hints: {forZones: [{name: zone1}], forNodes: [{name: node1}]}";
        String farHint = FAR + ", hints: {forZones: [{name: zone1}], forNodes: [{name: node2}]}";
        apply(WEB.formatted("trafficDistribution: PreferSameNode"));
        endpoints(nearHint, farHint);
        services.start();
        await("1");
        endpoints(nearHint + ", conditions: {ready: false}", farHint);
        await("2");
        endpoints(nearHint, farHint);
        await("1");
        endpoints(
                NEAR + ", hints: {forZones: [{name: zone2}]}",
                FAR + ", hints: {forZones: [{name: zone1}]}");
        await("2");
        endpoints(NEAR, FAR);
        await("12");
    }

    /** S18, with S19 for each policy. */
    @Test
    void underTheInternalPolicyOnlyThisNodesServe() throws InterruptedException {
        String ending = ", conditions: {ready: false, serving: true, terminating: true}";
        apply(WEB.formatted("internalTrafficPolicy: Local"));
        endpoints(NEAR, FAR);
        services.start();
        await("1");
        endpoints(NEAR + ending, FAR);
        await("1");
        endpoints(FAR);
        await("");
        apply(WEB.formatted("internalTrafficPolicy: Cluster"));
        await("2");
        endpoints(NEAR + ending, FAR + ending);
        await("12");
    }

    /** S17 and S21. */
    @Test
    void publishedOnesAreReadyAndOthersServicesAreLeftOut() throws InterruptedException {
        apply(WEB.formatted("publishNotReadyAddresses: true"));
        endpoints(NEAR + ", conditions: {ready: true, serving: false, terminating: true}");
        services.start();
        await("1");
        apply(
                WEB.formatted("")
                        .replace(
                                "namespace: shop}",
                                "namespace: shop, labels: {service.kubernetes.io/headless: ''}}"));
        await("none");
    }
}
