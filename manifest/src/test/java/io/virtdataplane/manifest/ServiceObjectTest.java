package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.manifest.ServiceSpec.FamilyPolicy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A Service as kubectl prints it. */
class ServiceObjectTest {
    @Test
    void isTheManifestWithWhatItWasGiven() {
        ServiceSpec service =
                ServiceManifest.parse(
                        "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop, labels: {a: b}}, spec: {type: LoadBalancer, sessionAffinity: ClientIP, selector: {app: web}, ports: [{port: 80, targetPort: http}]}}");
        ServiceAssignment given =
                new ServiceAssignment(
                        1_796_000_000_123L,
                        Optional.of(FamilyPolicy.SingleStack),
                        List.of(Family.IPv4),
                        List.of("10.96.0.20"),
                        Map.of("", 30_080),
                        0,
                        List.of("192.0.2.7"));
        assertThat(ServiceObject.json(service, given))
                .isEqualTo(
                        """
                        {"apiVersion":"v1","kind":"Service",\
                        "metadata":{"creationTimestamp":"2026-11-30T00:53:20Z","labels":{"a":"b"},"name":"web","namespace":"shop"},\
                        "spec":{"allocateLoadBalancerNodePorts":true,"clusterIP":"10.96.0.20","clusterIPs":["10.96.0.20"],\
                        "externalTrafficPolicy":"Cluster","internalTrafficPolicy":"Cluster","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack",\
                        "ports":[{"nodePort":30080,"port":80,"protocol":"TCP","targetPort":"http"}],\
                        "selector":{"app":"web"},"sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10800}},"type":"LoadBalancer"},\
                        "status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.7","ipMode":"VIP"}]}}}""");
    }

    /** What was printed can be applied again. */
    @Test
    void canBeReadAsAManifest() {
        ServiceSpec service =
                ServiceManifest.parse(
                        "{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {clusterIP: None, publishNotReadyAddresses: true, ports: [{port: 5432, appProtocol: postgres}]}}");
        ServiceAssignment given =
                new ServiceAssignment(
                        0,
                        Optional.of(FamilyPolicy.RequireDualStack),
                        List.of(Family.IPv4, Family.IPv6),
                        List.of("None"),
                        Map.of(),
                        0,
                        List.of());
        ServiceSpec again = ServiceManifest.parse(ServiceObject.json(service, given));
        assertThat(again.ports()).isEqualTo(service.ports());
        assertThat(again.traffic()).isEqualTo(service.traffic());
        assertThat(again.addresses().isHeadless()).isTrue();
        assertThat(again.addresses().families()).containsExactly(Family.IPv4, Family.IPv6);
    }
}
