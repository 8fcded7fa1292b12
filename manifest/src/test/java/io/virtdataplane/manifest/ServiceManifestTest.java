package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.manifest.ServiceSpec.Policy;
import io.virtdataplane.manifest.ServiceSpec.Port;
import io.virtdataplane.manifest.ServiceSpec.Type;
import io.virtdataplane.wire.Protocols;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Services as users write them, and what the API server says of wrong ones. */
class ServiceManifestTest {
    private static ServiceSpec service(String spec) {
        return ServiceManifest.parse(
                "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {" + spec + "}}");
    }

    @Test
    void isReadAsTheDocumentationPrintsIt() {
        ServiceSpec service =
                ServiceManifest.parse(
                        """
                        apiVersion: v1
                        kind: Service
                        metadata:
                          name: vmservice
                          namespace: example-namespace
                        spec:
                          externalTrafficPolicy: Cluster
                          ports:
                          - nodePort: 30000
                            port: 27017
                            protocol: TCP
                            targetPort: 22
                          selector:
                            special: key
                          type: NodePort
                        """);
        assertThat(service.name()).isEqualTo("example-namespace/vmservice");
        assertThat(service.type()).isEqualTo(Type.NodePort);
        assertThat(service.ports())
                .containsExactly(new Port("", Protocols.TCP, 27_017, "22", 30_000, ""));
        assertThat(service.selector()).containsOnlyKeys("special").containsValue("key");
        assertThat(service.traffic().external()).contains(Policy.Cluster);
    }

    @Test
    void ofAMeshIsReadAsTheDocumentationPrintsIt() {
        ServiceSpec service =
                service(
                        "selector: {app: vm-istio}, ports: [{port: 8080, name: http, protocol: TCP}]");
        assertThat(service.name()).isEqualTo("default/web");
        assertThat(service.type()).isEqualTo(Type.ClusterIP);
        assertThat(service.ports())
                .containsExactly(new Port("http", Protocols.TCP, 8080, "8080", 0, ""));
    }

    @Test
    void hasTheDefaultsOfTheApiServer() {
        ServiceSpec service = service("ports: [{port: 80}]");
        assertThat(service.ports()).containsExactly(new Port("", Protocols.TCP, 80, "80", 0, ""));
        assertThat(service.traffic().internal()).isEqualTo(Policy.Cluster);
        assertThat(service.traffic().external()).isEmpty();
        assertThat(service.traffic().affinitySeconds()).isZero();
        assertThat(service.traffic().publishesNotReady()).isFalse();
        assertThat(service.loadBalancer().allocatesNodePorts()).isTrue();
        assertThat(service.needsHealthCheck()).isFalse();
        ServiceSpec sticky = service("ports: [{port: 80}], sessionAffinity: ClientIP");
        assertThat(sticky.traffic().affinitySeconds()).isEqualTo(10_800);
        ServiceSpec reachable = service("ports: [{port: 80}], externalIPs: [192.0.2.1]");
        assertThat(reachable.traffic().external()).contains(Policy.Cluster);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "type: ClusterIP, ports: [{port: 80}]",
                "type: NodePort, ports: [{port: 80, targetPort: http, nodePort: 30000}]",
                "type: LoadBalancer, ports: [{port: 80}], externalTrafficPolicy: Local, healthCheckNodePort: 31000",
                "type: LoadBalancer, ports: [{port: 80}], loadBalancerSourceRanges: [' 10.0.0.0/8 ', '2001:db8::/32']",
                "type: LoadBalancer, ports: [{port: 80}], loadBalancerClass: example.com/metal, allocateLoadBalancerNodePorts: false",
                "type: ExternalName, externalName: db.example.com.",
                "clusterIP: None, selector: {app: db}",
                "clusterIP: 10.96.0.5, clusterIPs: [10.96.0.5, 'fd00::5'], ipFamilies: [IPv4, IPv6], ports: [{port: 80}]",
                "ports: [{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53, protocol: TCP}]",
                "ports: [{name: signal, port: 5060, protocol: SCTP}]",
                "ports: [{port: 80}], sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 86400}}",
                "ports: [{port: 80}], trafficDistribution: PreferSameNode, internalTrafficPolicy: Local",
                "ports: [{port: 80}], selector: {example.com/app: web_1.0, empty: ''}",
            })
    void isTaken(String spec) {
        assertThat(service(spec).name()).isEqualTo("default/web");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "selector: {app: web} | spec.ports: Required value",
                "type: Ingress, ports: [{port: 80}] | spec.type: Unsupported value: \"Ingress\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"",
                "ports: [{port: 0}] | spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "ports: [{port: 65536, targetPort: 80}] | spec.ports[0].port: Invalid value: 65536: must be between 1 and 65535, inclusive",
                "ports: [{port: 80, protocol: ICMP}] | spec.ports[0].protocol: Unsupported value: \"ICMP\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
                "ports: [{port: 80, targetPort: 70000}] | spec.ports[0].targetPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
                "ports: [{port: 80, targetPort: '8080'}] | spec.ports[0].targetPort: Invalid value: \"8080\": must contain at least one letter (a-z)",
                "ports: [{port: 80, targetPort: a-name-of-sixteen}] | spec.ports[0].targetPort: Invalid value: \"a-name-of-sixteen\": must be no more than 15 characters",
                "ports: [{port: 80, targetPort: Web}] | spec.ports[0].targetPort: Invalid value: \"Web\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                "ports: [{port: 80, targetPort: a--b}] | spec.ports[0].targetPort: Invalid value: \"a--b\": must not contain consecutive hyphens",
                "ports: [{port: 80, nodePort: 30000}] | spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
                "ports: [{port: 80}, {name: b, port: 81}] | spec.ports[0].name: Required value",
                "ports: [{name: a, port: 80}, {name: a, port: 81}] | spec.ports[1].name: Duplicate value: \"a\"",
                "ports: [{name: a, port: 80}, {name: b, port: 80}] | spec.ports[1]: Duplicate value: \"TCP/80\"",
                "type: NodePort, ports: [{name: a, port: 80, nodePort: 30000}, {name: b, port: 81, nodePort: 30000}] | spec.ports[1].nodePort: Duplicate value: 30000",
                "ports: [{port: 80}], clusterIP: 10.96.0.300 | spec.clusterIPs[0]: Invalid value: \"10.96.0.300\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
                "ports: [{port: 80}], clusterIPs: [10.96.0.5] | spec.clusterIPs: Invalid value: [\"10.96.0.5\"]: must be empty when `clusterIP` is not specified",
                "ports: [{port: 80}], clusterIP: 10.96.0.6, clusterIPs: [10.96.0.5] | spec.clusterIPs: Invalid value: [\"10.96.0.5\"]: first value must match `clusterIP`",
                "ports: [{port: 80}], clusterIP: None, clusterIPs: [None, 10.96.0.5] | spec.clusterIPs: Invalid value: [\"None\",\"10.96.0.5\"]: 'None' must be the first and only value",
                "ports: [{port: 80}], clusterIP: 10.96.0.5, clusterIPs: [10.96.0.5, 10.96.0.6] | spec.clusterIPs: Invalid value: [\"10.96.0.5\",\"10.96.0.6\"]: may specify no more than one IP for each IP family",
                "ports: [{port: 80}], clusterIP: 'fd00::5', ipFamilies: [IPv4] | spec.clusterIPs[0]: Invalid value: \"fd00::5\": expected an IPv4 value as indicated by `ipFamilies[0]`",
                "type: NodePort, ports: [{port: 80}], clusterIP: None | spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
                "type: LoadBalancer, ports: [{port: 80}], clusterIP: None | spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for LoadBalancer services",
                "ports: [{port: 80}], ipFamilies: [IPv5] | spec.ipFamilies[0]: Unsupported value: \"IPv5\": supported values: \"IPv4\", \"IPv6\"",
                "ports: [{port: 80}], ipFamilies: [IPv4, IPv4] | spec.ipFamilies[1]: Duplicate value: \"IPv4\"",
                "ports: [{port: 80}], ipFamilyPolicy: Dual | spec.ipFamilyPolicy: Unsupported value: \"Dual\": supported values: \"PreferDualStack\", \"RequireDualStack\", \"SingleStack\"",
                "ports: [{port: 80}], externalTrafficPolicy: Local | spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible services",
                "type: NodePort, ports: [{port: 80}], externalTrafficPolicy: Global | spec.externalTrafficPolicy: Unsupported value: \"Global\": supported values: \"Cluster\", \"Local\"",
                "ports: [{port: 80}], internalTrafficPolicy: Global | spec.internalTrafficPolicy: Unsupported value: \"Global\": supported values: \"Cluster\", \"Local\"",
                "type: NodePort, externalTrafficPolicy: Local, ports: [{port: 80}], healthCheckNodePort: 31000 | spec.healthCheckNodePort: Invalid value: 31000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
                "type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}], healthCheckNodePort: 70000 | spec.healthCheckNodePort: Invalid value: 70000: must be between 1 and 65535, inclusive",
                "ports: [{port: 80}], sessionAffinity: Cookie | spec.sessionAffinity: Unsupported value: \"Cookie\": supported values: \"ClientIP\", \"None\"",
                "ports: [{port: 80}], sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}} | spec.sessionAffinityConfig: Forbidden: must not be set when session affinity is None",
                "ports: [{port: 80}], sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 86401}} | spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400",
                "ports: [{port: 80}], allocateLoadBalancerNodePorts: false | spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
                "ports: [{port: 80}], loadBalancerClass: a/b | spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
                "ports: [{port: 80}], loadBalancerSourceRanges: [10.0.0.0/8] | spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
                "type: LoadBalancer, ports: [{port: 80}], loadBalancerSourceRanges: [10.0.0.0/33] | spec.LoadBalancerSourceRanges[0]: Invalid value: \"10.0.0.0/33\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
                "ports: [{port: 80}], trafficDistribution: PreferFar | spec.trafficDistribution: Unsupported value: \"PreferFar\": supported values: \"PreferClose\", \"PreferSameNode\", \"PreferSameZone\"",
                "ports: [{port: 80}], externalIPs: [127.0.0.1] | spec.externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)",
                "ports: [{port: 80}], externalIPs: ['fe80::1'] | spec.externalIPs[0]: Invalid value: \"fe80::1\": may not be in the link-local range (169.254.0.0/16, fe80::/10)",
                "ports: [{port: 80}], externalIPs: [224.0.0.1] | spec.externalIPs[0]: Invalid value: \"224.0.0.1\": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)",
                "ports: [{port: 80}], externalIPs: ['::'] | spec.externalIPs[0]: Invalid value: \"::\": may not be unspecified (0.0.0.0 or ::)",
                "type: ExternalName | spec.externalName: Required value",
                "type: ExternalName, externalName: a.b, clusterIP: 10.96.0.5 | spec.clusterIPs: Forbidden: may not be set for ExternalName services",
                "type: ExternalName, externalName: a.b, ipFamilies: [IPv4] | spec.ipFamilies: Forbidden: may not be set for ExternalName services",
                "type: ExternalName, externalName: a.b, ipFamilyPolicy: SingleStack | spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services",
                "ports: [{port: 0}], sessionAffinity: Cookie | [spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.sessionAffinity: Unsupported value: \"Cookie\": supported values: \"ClientIP\", \"None\"]",
            })
    void isRefusedInTheWordsOfTheApiServer(String spec, String words) {
        assertThatThrownBy(() -> service(spec))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessage("Service default/web: " + words);
    }

    @Test
    void isRefusedForItsNamesInTheWordsOfTheApiServer() {
        assertThatThrownBy(
                        () ->
                                ServiceManifest.parse(
                                        "{apiVersion: v1, kind: Service, metadata: {name: a.b}, spec: {ports: [{port: 80}]}}"))
                .hasMessageContaining(
                        "metadata.name: Invalid value: \"a.b\": a lowercase RFC 1123 label must consist of");
        assertThatThrownBy(() -> service("ports: [{port: 80}], selector: {a b: c}"))
                .hasMessageContaining(
                        "spec.selector: Invalid value: \"a b\": name part must consist of");
        assertThatThrownBy(() -> service("ports: [{port: 80}], selector: {a: -c}"))
                .hasMessageContaining(
                        "spec.selector: Invalid value: \"-c\": a valid label must be");
        assertThatThrownBy(() -> service("ports: [{port: 80}], slector: {a: c}"))
                .hasMessageContaining("spec.slector is not a known field: nearest=selector");
    }
}
