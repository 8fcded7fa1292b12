package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.manifest.ServiceSpec.Family;
import io.virtdataplane.manifest.ServiceSpec.Port;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What another version of a Service keeps, and what may not change, in the words of Kubernetes. */
class ServicePlanTest {
    private static final List<Family> DUAL = List.of(Family.IPv4, Family.IPv6);
    private static final String V4 = "10.96.0.20";
    private static final String V6 = "fd00:96::20";

    private static ServiceSpec service(String spec) {
        return ServiceManifest.parse(
                "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {" + spec + "}}");
    }

    /** What {@link ServicePlan} and an allocator would have given. */
    private static ServiceAssignment given(ServiceSpec spec) {
        Optional<ServiceFamilies> families = ServicePlan.create(spec, DUAL).families();
        List<Family> all = families.map(ServiceFamilies::families).orElse(List.of());
        List<String> ips =
                spec.addresses().isHeadless()
                        ? List.of(ServiceSpec.NONE)
                        : all.stream().map(family -> family == Family.IPv4 ? V4 : V6).toList();
        Map<String, Integer> nodePorts = new HashMap<>();
        if (spec.needsNodePorts()) {
            spec.ports().forEach(port -> nodePorts.put(port.name(), 30_000 + port.port()));
        }
        return new ServiceAssignment(
                0,
                families.map(ServiceFamilies::policy),
                all,
                ips,
                nodePorts,
                spec.needsHealthCheck() ? 31_999 : 0,
                List.of());
    }

    private static ServicePlan update(String before, String wanted, List<Family> configured) {
        ServiceSpec old = service(before);
        return ServicePlan.update(old, given(old), service(wanted), configured);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "~~ | ~~ | [10.96.0.20] SingleStack [IPv4]",
                "~~ | clusterIP: 10.96.0.20 | [10.96.0.20] SingleStack [IPv4]",
                "~~ | ipFamilyPolicy: PreferDualStack | [10.96.0.20] PreferDualStack [IPv4, IPv6]",
                "~~ | ipFamilyPolicy: RequireDualStack | [10.96.0.20] RequireDualStack [IPv4, IPv6]",
                "ipFamilyPolicy: PreferDualStack | ~~ | [10.96.0.20, fd00:96::20] PreferDualStack [IPv4, IPv6]",
                "ipFamilyPolicy: PreferDualStack | ipFamilyPolicy: PreferDualStack, clusterIP: 10.96.0.20 | [10.96.0.20, fd00:96::20] PreferDualStack [IPv4, IPv6]",
                "ipFamilyPolicy: PreferDualStack | ipFamilyPolicy: SingleStack | [10.96.0.20] SingleStack [IPv4]",
                "ipFamilyPolicy: PreferDualStack, ipFamilies: [IPv6, IPv4] | ipFamilyPolicy: SingleStack | [fd00:96::20] SingleStack [IPv6]",
                "~~ | type: NodePort | [10.96.0.20] SingleStack [IPv4]",
                "type: ExternalName, externalName: a.b | ~~ | [] SingleStack [IPv4]",
                "clusterIP: None, selector: {a: b} | clusterIP: None, selector: {a: b}, ipFamilies: [IPv6] | [None] SingleStack [IPv6]",
            })
    void keepsWhatItHad(String before, String wanted, String kept) {
        ServicePlan plan = update(before + ports(before), wanted + ports(wanted), DUAL);
        ServiceFamilies families = plan.families().orElseThrow();
        assertThat(
                        plan.spec().addresses().clusterIps()
                                + " "
                                + families.policy()
                                + " "
                                + families.families())
                .isEqualTo(kept);
    }

    private static String ports(String spec) {
        return (spec.isEmpty() ? "" : ", ") + "ports: [{port: 80}]";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "~~ | clusterIP: 10.96.0.21 | spec.clusterIPs[0]: Invalid value: [\"10.96.0.21\"]: may not change once set",
                "~~ | clusterIP: None | spec.clusterIPs[0]: Invalid value: [\"None\"]: may not change once set",
                "clusterIP: None | clusterIP: 10.96.0.21 | spec.clusterIPs[0]: Invalid value: [\"10.96.0.21\"]: may not change once set",
                "clusterIP: None | type: NodePort | spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
                "~~ | ipFamilies: [IPv6] | spec.ipFamilies[0]: Invalid value: [\"IPv6\"]: may not change once set",
                "clusterIP: 10.96.0.20, clusterIPs: [10.96.0.20, 'fd00:96::20'], ipFamilyPolicy: PreferDualStack | clusterIP: 10.96.0.20, ipFamilyPolicy: PreferDualStack | spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be set to 'SingleStack' when releasing the secondary clusterIP",
                "ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack | ipFamilies: [IPv4], ipFamilyPolicy: PreferDualStack | spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be set to 'SingleStack' when releasing the secondary ipFamily",
                "type: LoadBalancer, loadBalancerClass: a/b | type: LoadBalancer, loadBalancerClass: a/c | spec.loadBalancerClass: Invalid value: \"a/c\": may not change once set",
                "type: LoadBalancer | type: LoadBalancer, loadBalancerClass: a/c | spec.loadBalancerClass: Invalid value: \"a/c\": may not change once set",
                "type: LoadBalancer, externalTrafficPolicy: Local | type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 31000 | spec.healthCheckNodePort: Invalid value: 31000: field is immutable",
            })
    void mayNotChange(String before, String wanted, String words) {
        assertThatThrownBy(() -> update(before + ports(before), wanted + ports(wanted), DUAL))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessage(words);
    }

    /** KEP 3070 has no say in it: a PreferDualStack Service stays what it was made. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void doesNotFollowTheNodesFamilies(boolean hadBoth) {
        ServiceSpec spec = service("ports: [{port: 80}], ipFamilyPolicy: PreferDualStack");
        List<Family> then = hadBoth ? DUAL : DUAL.subList(0, 1);
        List<String> ips = hadBoth ? List.of(V4, V6) : List.of(V4);
        ServiceAssignment had =
                new ServiceAssignment(
                        0, spec.addresses().familyPolicy(), then, ips, Map.of(), 0, List.of());
        ServicePlan plan = ServicePlan.update(spec, had, spec, hadBoth ? DUAL.subList(0, 1) : DUAL);
        assertThat(plan.families().orElseThrow().families()).isEqualTo(then);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "type: NodePort, ports: [{port: 80}] | type: NodePort, ports: [{port: 81}] | [30080]",
                "type: NodePort, ports: [{port: 80}] | type: LoadBalancer, ports: [{port: 80}] | [30080]",
                "type: NodePort, ports: [{port: 80}] | ports: [{port: 80}] | [0]",
                "type: NodePort, ports: [{port: 80, name: a}] | type: NodePort, ports: [{port: 80, name: b}] | [0]",
                "type: NodePort, ports: [{port: 80, name: a}] | type: NodePort, ports: [{port: 80, name: a}, {port: 81, name: b, nodePort: 30080}] | [0, 30080]",
                "type: NodePort, ports: [{port: 80, name: a}] | type: NodePort, ports: [{port: 80, name: a, nodePort: 30001}] | [30001]",
            })
    void keepsNodePortsByTheNamesOfPorts(String before, String wanted, String kept) {
        ServicePlan plan = update(before, wanted, DUAL);
        assertThat(plan.spec().ports().stream().map(Port::nodePort).toList()).hasToString(kept);
    }
}
