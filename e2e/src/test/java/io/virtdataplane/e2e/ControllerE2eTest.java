package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * VirtualMachines through the real API server and the controller's webhook: the documentation's
 * procedure of the MAC pool, the cases of KubeMacPool's suite by their numbers, and our own rules.
 */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(300)
class ControllerE2eTest {
    private static final String MAC = "52:54:00:aa:00:01";

    /** A webhook that nobody answers, after ours. */
    private static final String REFUSES_ALL =
            """
            apiVersion: admissionregistration.k8s.io/v1
            kind: ValidatingWebhookConfiguration
            metadata: {name: %1$s}
            webhooks:
            - name: never.virtdataplane.io
              clientConfig: {url: "https://127.0.0.1:1/"}
              namespaceSelector: {matchLabels: {never: %1$s}}
              rules: [{apiGroups: [kubevirt.io], apiVersions: [v1], operations: [CREATE], resources: [virtualmachines]}]
              admissionReviewVersions: [v1]
              sideEffects: None
              failurePolicy: Fail
            """;

    private static ControllerLab lab;
    private static ControllerLab.Controller controller;
    private static int namespaces;
    private String namespace;

    @BeforeAll
    static void start() {
        lab = new ControllerLab();
        lab.api.apply(Path.of("../deploy/components/sriov-networks/rights.yaml"));
        controller = lab.start("--sriov-networks", "--mac-wait=5");
    }

    @AfterAll
    static void close() {
        if (lab != null) {
            lab.close();
        }
    }

    @BeforeEach
    void makeNamespace() {
        namespace = "test" + namespaces++;
        lab.api.kubectl("create", "namespace", namespace);
    }

    private String machine(String name, String more) {
        return ControllerLab.machine(namespace, name, more);
    }

    private void delete(String name) {
        lab.api.kubectl("-n", namespace, "delete", "vm", name);
    }

    @Test
    void namespaceLeavesThePoolByLabelAndComesBackWithoutIt() {
        lab.api.applyText(machine("before", ""));
        lab.api.kubectl(
                "label", "namespace", namespace, "mutatevirtualmachines.kubemacpool.io=ignore");
        lab.api.applyText(machine("outside", ""));
        assertThat(lab.macs(namespace, "outside")).containsExactly("", "");
        delete("before"); // made before, deleted after
        lab.api.kubectl("label", "namespace", namespace, "mutatevirtualmachines.kubemacpool.io-");
        lab.api.applyText(machine("inside", ""));
        assertThat(lab.macs(namespace, "inside")).doesNotContain("").doesNotHaveDuplicates();
    }

    @Test
    void nicsGetAddressesOfTheClustersOwnRangeAndKeepThem() { // 2243
        lab.api.applyText(machine("a", ""));
        List<String> macs = lab.macs(namespace, "a");
        assertThat(macs).allMatch(mac -> mac.matches("02(:[0-9a-f]{2}){5}"));
        lab.api.applyText(machine("a", ""));
        assertThat(lab.macs(namespace, "a")).isEqualTo(macs);
        assertThat(lab.leases())
                .contains("mac-" + macs.get(1).replace(':', '-') + " " + namespace + "/a/net1");
    }

    @Test
    void secondMachineWithAnAddressIsRefusedUntilTheFirstIsGone() { // 2166, 2167, 2165
        lab.api.applyText(machine("a", "macAddress: 52-54-00-AA-00-01"));
        assertThat(lab.refusal(machine("b", "macAddress: \"%s\"".formatted(MAC))))
                .contains("denied the request")
                .contains("Failed to create virtual machine allocation error")
                .contains("failed to allocate requested mac address")
                .contains("macAddress=" + MAC)
                .contains("holder=" + namespace + "/a/net1");
        delete("a");
        Wait.until(
                "the address",
                10,
                () -> lab.tryApply(machine("b", "macAddress: \"%s\"".formatted(MAC))).ok(),
                taken -> taken);
        delete("b");
    }

    @Test
    void twoNicsOfAMachineWithOneAddressAreRefused() { // 2199, 2200
        String twice = machine("a", "macAddress: 02:00:00:bb:00:01");
        String both =
                twice.replace(
                        "masquerade: {}}", "masquerade: {}, macAddress: \"02-00-00-BB-00-01\"}");
        assertThat(lab.refusal(both))
                .contains(
                        "duplicate MAC address 02:00:00:bb:00:01 found on interfaces: default and net1");
        assertThat(lab.leases()).doesNotContain("02-00-00-bb-00-01");
    }

    @Test
    void removedNicsAddressIsForOthers() { // 2995
        lab.api.applyText(machine("a", "macAddress: \"02:00:00:cc:00:01\""));
        String one =
                machine("a", "")
                        .replace(", {name: net1, bridge: {}}", "")
                        .replace(", {name: net1, multus: {networkName: br1}}", "");
        lab.api.applyText(one);
        Wait.until(
                "the address",
                10,
                () -> lab.tryApply(machine("b", "macAddress: \"02:00:00:cc:00:01\"")).ok(),
                taken -> taken);
    }

    @Test
    void machineThatNeverCameGivesItsAddressBackInTime() { // 2633
        lab.api.kubectl("label", "namespace", namespace, "never=" + namespace);
        lab.api.applyText(REFUSES_ALL.formatted(namespace));
        String wanted = machine("a", "macAddress: \"02:00:00:dd:00:01\"");
        Wait.until(
                "the refusal",
                20,
                () -> lab.tryApply(wanted).out(),
                said -> said.contains("failed calling webhook \"never."));
        assertThat(lab.leases()).contains("02-00-00-dd-00-01 " + namespace + "/a/net1");
        lab.api.kubectl("delete", "validatingwebhookconfiguration", namespace);
        String other = machine("b", "macAddress: \"02:00:00:dd:00:01\"");
        Wait.until("the address", 30, () -> lab.tryApply(other).ok(), taken -> taken);
        delete("b");
        Wait.until("the same", 30, () -> lab.tryApply(wanted).ok(), taken -> taken);
    }

    @Test
    void rehearsalTakesNothing() {
        String yaml = machine("a", "macAddress: \"02:00:00:ee:00:01\"");
        assertThat(lab.tryApply(yaml, "--dry-run=server").ok()).isTrue();
        assertThat(lab.leases()).doesNotContain(namespace + "/a/");
        lab.api.applyText(machine("b", "macAddress: \"02:00:00:ee:00:01\""));
        assertThat(lab.tryApply(yaml, "--dry-run=server").out())
                .contains("holder=" + namespace + "/b/net1");
    }

    @Test
    void quickChangesKeepTheBooksRight() {
        for (int i = 0; i < 10; i++) {
            lab.api.applyText(machine("a", ""));
            lab.api.applyText(
                    machine("a", "")
                            .replaceFirst("interfaces: \\[.*]}", "interfaces: []}")
                            .replaceFirst("networks: \\[.*]", "networks: []"));
        }
        Wait.until("no lease", 15, lab::leases, leases -> !leases.contains(namespace + "/"));
        lab.api.applyText(machine("a", ""));
        assertThat(lab.macs(namespace, "a")).doesNotContain("").doesNotHaveDuplicates();
    }

    @Test
    void brokenRulesAreToldWithFieldValueAndWayOut() {
        assertThat(lab.refusal(machine("a", "model: e1001")))
                .contains("VirtualMachine " + namespace + "/a: ")
                .contains("interfaces[1].model must be one of e1000, e1000e")
                .contains("model=e1001");
        assertThat(lab.refusal(machine("a", "").replace("networkName: br1", "networkName: x/br1")))
                .contains("must be in the machine's own namespace " + namespace);
        String mesh =
                machine("a", "")
                        .replace("masquerade: {}", "masquerade: {}, ports: [{port: 15001}]")
                        .replace(
                                "template:",
                                "template:\n    metadata: {annotations: {sidecar.istio.io/inject: \"true\"}}");
        assertThat(lab.tryApply(mesh).out()).contains("Warning: ").contains("port 15001");
    }

    @Test
    void machineFromBeforeTheRulesCanStillBeChanged() {
        lab.api.kubectl(
                "label", "namespace", namespace, "mutatevirtualmachines.kubemacpool.io=ignore");
        lab.api.applyText(machine("a", "model: e1001"));
        lab.api.kubectl("label", "namespace", namespace, "mutatevirtualmachines.kubemacpool.io-");
        lab.api.kubectl("-n", namespace, "label", "vm", "a", "b=c");
        delete("a");
    }

    @Test
    void masqueradeBecomesOurBindingWhereTheNamespaceAsksForIt() {
        lab.api.kubectl("label", "namespace", namespace, "virtdataplane.io/binding=rewrite");
        lab.api.applyText(machine("a", ""));
        String nic = "jsonpath={.spec.template.spec.domain.devices.interfaces[0]}";
        String before = lab.api.kubectl("-n", namespace, "get", "vm", "a", "-o", nic);
        assertThat(before)
                .contains("\"binding\":{\"name\":\"virt-dataplane\"}")
                .doesNotContain("masquerade")
                .contains("macAddress");
        lab.api.applyText(machine("a", ""));
        assertThat(lab.api.kubectl("-n", namespace, "get", "vm", "a", "-o", nic)).isEqualTo(before);
    }

    @Test
    void guestsWithOneAddressAreToldAndCounted() {
        for (String name : List.of("one", "two")) {
            lab.api.applyText(
                    """
                    apiVersion: kubevirt.io/v1
                    kind: VirtualMachineInstance
                    metadata: {name: %s, namespace: %s}
                    spec: {domain: {}}
                    status: {phase: Running, interfaces: [{name: default, mac: "02:00:00:FF:00:01"}]}
                    """
                            .formatted(name, namespace));
        }
        String words =
                "MAC 02:00:00:ff:00:01: Collision between vmi/%s/one, vmi/%s/two"
                        .formatted(namespace, namespace);
        for (String name : List.of("one", "two")) {
            Wait.until(
                    "the event on " + name,
                    15,
                    () ->
                            lab.api.kubectl(
                                    "-n",
                                    namespace,
                                    "get",
                                    "events",
                                    "--field-selector=reason=MACCollision,type=Warning,involvedObject.name="
                                            + name),
                    events -> events.contains(words));
        }
        String metric = "virt_dataplane_mac_collisions{mac=\"02:00:00:ff:00:01\"}";
        assertThat(controller.metric(metric)).isEqualTo(2);
        assertThat(controller.metric("kmp" + metric.substring("virt_dataplane".length())))
                .isEqualTo(2);
        lab.api.kubectl("-n", namespace, "delete", "vmi", "two");
        Wait.until("the end", 10, () -> controller.metric(metric), count -> count == 0);
    }

    @Test
    void sriovNetworkHasItsDefinitionWhereItSays() {
        String network =
                """
                apiVersion: sriovnetwork.openshift.io/v1
                kind: SriovNetwork
                metadata: {name: %s, namespace: openshift-sriov-network-operator}
                spec: {resourceName: nics, networkNamespace: %s, vlan: %d}
                """;
        String operator = "openshift-sriov-network-operator";
        lab.api.kubectl("create", "namespace", operator);
        String name = "net-" + namespace;
        String later = namespace + "-later";
        lab.api.applyText(network.formatted(name, later, 100));
        lab.api.kubectl("create", "namespace", later); // after the network
        awaitDefinition(later, name, "\"vlan\":100");
        lab.api.applyText(network.formatted(name, later, 200));
        awaitDefinition(later, name, "\"vlan\":200");
        lab.api.applyText(network.formatted(name, namespace, 200));
        awaitDefinition(namespace, name, "\"vlan\":200");
        awaitNone(later, name);
        lab.api.kubectl("-n", operator, "delete", "sriovnetwork", name);
        awaitNone(namespace, name);
        lab.api.applyText(
                """
                apiVersion: k8s.cni.cncf.io/v1
                kind: NetworkAttachmentDefinition
                metadata: {name: %s, namespace: %s}
                spec: {config: 'mine'}
                """
                        .formatted(name, namespace));
        lab.api.applyText(network.formatted(name, namespace, 300));
        Wait.untilIn(controller.log, "is left as it is", 15);
        awaitDefinition(namespace, name, "mine");
        lab.api.kubectl("-n", operator, "delete", "sriovnetwork", name);
    }

    private static void awaitDefinition(String namespace, String name, String text) {
        Wait.until(
                "the definition in " + namespace,
                15,
                () ->
                        lab.api
                                .kubectlAs(
                                        ApiServer.ADMIN,
                                        "-n",
                                        namespace,
                                        "get",
                                        "network-attachment-definitions",
                                        name,
                                        "-o",
                                        "jsonpath={.spec.config}")
                                .out(),
                config -> config.contains(text));
    }

    private static void awaitNone(String namespace, String name) {
        Wait.until(
                "no definition in " + namespace,
                15,
                () -> lab.api.kubectl("-n", namespace, "get", "network-attachment-definitions"),
                all -> !all.contains(name));
    }
}
