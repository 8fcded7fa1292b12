package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What deploy/ has for a cluster, taken by a real API server, and the rights that come of it. */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(240)
class DeployE2eTest {
    private static final Path DEPLOY = Path.of("../deploy").toAbsolutePath().normalize();
    private static ApiServer api;

    @BeforeAll
    static void install() {
        api = ApiServer.start();
        api.applyUpstreamDefinitions();
        api.kubectl("apply", "-k", DEPLOY.toString());
        api.kubectl(
                "wait",
                "--for=condition=Established",
                "crd/virtualmachinenetworkstates.virtdataplane.io");
    }

    @AfterAll
    static void close() {
        if (api != null) {
            api.close();
        }
    }

    @Test
    void applyingAgainChangesNothing() {
        String said = api.kubectl("apply", "-k", DEPLOY.toString(), "--dry-run=server");
        assertThat(said.lines())
                .hasSizeGreaterThan(15)
                .allMatch(line -> line.contains("unchanged"));
    }

    @Test
    void applyingAgainLeavesWhatTheControllerHasWritten() {
        String hook = "mutatingwebhookconfiguration/virt-dataplane";
        api.kubectl(
                "patch",
                hook,
                "--type=json",
                "-p",
                "[{\"op\": \"add\", \"path\": \"/webhooks/0/clientConfig/caBundle\", \"value\": \"YQ==\"}]");
        api.kubectl(
                "-n",
                "virt-dataplane",
                "patch",
                "secret/virt-dataplane-webhook",
                "-p",
                "{\"data\": {\"key\": \"YQ==\"}}");
        api.kubectl("apply", "-k", DEPLOY.toString());
        assertThat(api.kubectl("get", hook, "-o", "jsonpath={.webhooks[0].clientConfig.caBundle}"))
                .isEqualTo("YQ==");
        assertThat(
                        api.kubectl(
                                "-n",
                                "virt-dataplane",
                                "get",
                                "secret/virt-dataplane-webhook",
                                "-o",
                                "jsonpath={.data.key}"))
                .isEqualTo("YQ==");
    }

    @Test
    void everyFileIsPartOfTheInstallation() throws IOException {
        String kustomization = Files.readString(DEPLOY.resolve("kustomization.yaml"));
        for (String directory : List.of("crds", "kubernetes")) {
            try (var files = Files.list(DEPLOY.resolve(directory))) {
                assertThat(files.map(file -> DEPLOY.relativize(file).toString()))
                        .filteredOn(name -> name.endsWith(".yaml"))
                        .isNotEmpty()
                        .allMatch(kustomization::contains);
            }
        }
    }

    @Test
    void explainHasOurWords() {
        Wait.until(
                "what explain says of a new resource",
                20,
                () ->
                        api.kubectlAs(
                                        ApiServer.ADMIN,
                                        "explain",
                                        "virtualmachinenetworkstate.status.interfaces")
                                .out(),
                said ->
                        said.contains("NICs that this data plane carries")
                                && said.contains("The guest's MAC address"));
        assertThat(api.kubectl("explain", "vmns.status.interfaces.drops.reason"))
                .contains("drop_reserved_port");
        assertThat(api.kubectl("explain", "vmns.status.interfaces.addresses.source"))
                .contains("lease: the data plane gave it");
    }

    @Test
    void stateIsWrittenByTheAgentAndPrinted() {
        api.kubectl("create", "namespace", "state");
        api.applyText(
                """
                apiVersion: virtdataplane.io/v1
                kind: VirtualMachineNetworkState
                metadata: {name: vm, namespace: state}
                """);
        String status =
                """
                {"status": {"nodeName": "node1", "lastUpdated": "2026-01-02T03:04:05Z", "interfaces": [{"name": "default",
                  "mac": "02:00:00:00:00:01", "ipAddress": "10.244.1.5", "receivedFrames": 9007199254740993,
                  "addresses": [{"address": "10.0.2.2/24", "source": "%s", "lastSeen": "2026-01-02T03:04:05Z"}],
                  "drops": [{"reason": "drop_reserved_port", "frames": 3}]}]}}
                """;
        assertThat(patchState("--subresource=status", status.formatted("hearsay")).out())
                .contains("source: Unsupported value: \"hearsay\"");
        assertThat(patchState("--subresource=", status.formatted("lease")).ok()).isTrue();
        assertThat(state("{.status}")).as("only the subresource takes a status").isEmpty();
        assertThat(patchState("--subresource=status", status.formatted("lease")).ok()).isTrue();
        assertThat(api.kubectl("-n", "state", "get", "vmns"))
                .matches("(?s)NAME +NODE +IP +AGE\\nvm +node1 +10.244.1.5 +\\S+\\n");
        assertThat(state("{.status.interfaces[0].receivedFrames}"))
                .as("beyond what a double holds")
                .isEqualTo("9007199254740993");
    }

    private static String state(String jsonPath) {
        return api.kubectl("-n", "state", "get", "vmns", "vm", "-o", "jsonpath=" + jsonPath);
    }

    private static Shell.Result patchState(String flag, String patch) {
        return api.kubectlAs(
                ApiServer.AGENT,
                "-n",
                "state",
                "patch",
                "vmns",
                "vm",
                flag,
                "--type=merge",
                "-p",
                patch);
    }

    @ParameterizedTest
    @CsvSource({
        "agent,      list watch,         virtualmachineinstances.kubevirt.io",
        "agent,      list watch,         pods",
        "agent,      list watch,         namespaces",
        "agent,      get list watch,     nodes",
        "agent,      list watch,         network-attachment-definitions.k8s.cni.cncf.io",
        "agent,      get list watch,     nodenetworkconfigurationpolicies.nmstate.io",
        "agent,      patch,              nodenetworkconfigurationpolicies.nmstate.io/status",
        "agent,      list create patch delete, nodenetworkconfigurationenactments.nmstate.io",
        "agent,      patch,              nodenetworkconfigurationenactments.nmstate.io/status",
        "agent,      get create patch,   nodenetworkstates.nmstate.io",
        "agent,      patch,              nodenetworkstates.nmstate.io/status",
        "agent,      list watch,         sriovnetworks.sriovnetwork.openshift.io",
        "agent,      list watch,         sriovnetworknodepolicies.sriovnetwork.openshift.io",
        "agent,      get create patch,   sriovnetworknodestates.sriovnetwork.openshift.io",
        "agent,      patch,              sriovnetworknodestates.sriovnetwork.openshift.io/status",
        "agent,      get create patch delete, virtualmachinenetworkstates.virtdataplane.io",
        "agent,      patch,              virtualmachinenetworkstates.virtdataplane.io/status",
        "agent,      patch,              nodes/status",
        "agent,      get create patch,   events.events.k8s.io",
        "controller, get list watch,     virtualmachines.kubevirt.io",
        "controller, get list watch,     virtualmachineinstances.kubevirt.io",
        "controller, get list watch,     namespaces",
        "controller, create patch,       events.events.k8s.io",
        "controller, get patch update,   mutatingwebhookconfigurations.admissionregistration.k8s.io virt-dataplane",
        "controller, get patch update,   validatingwebhookconfigurations.admissionregistration.k8s.io virt-dataplane",
        "controller, get create update delete, leases.coordination.k8s.io -n virt-dataplane",
        "controller, get patch update,   secrets virt-dataplane-webhook -n virt-dataplane",
    })
    void hasTheRightsThatItNeeds(String user, String verbs, String what) {
        for (String verb : verbs.split(" ")) {
            assertThat(canDo(api, user, verb, what)).as(verb + " " + what).isEqualTo("yes");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "agent,      get list,           secrets",
        "agent,      get,                secrets virt-dataplane-webhook -n virt-dataplane",
        "agent,      create,             pods/exec",
        "agent,      get,                pods/log",
        "agent,      create patch delete, pods",
        "agent,      patch,              pods/ephemeralcontainers",
        "agent,      update patch delete, virtualmachineinstances.kubevirt.io",
        "agent,      get delete,         virtualmachines.kubevirt.io",
        "agent,      update patch,       nodes",
        "agent,      create patch,       nodenetworkconfigurationpolicies.nmstate.io",
        "agent,      create,             serviceaccounts/token",
        "agent,      create,             network-attachment-definitions.k8s.cni.cncf.io",
        "agent,      create update,      leases.coordination.k8s.io -n virt-dataplane",
        "agent,      list,               configmaps",
        "agent,      list watch,         services",
        "agent,      list watch,         endpointslices.discovery.k8s.io",
        "agent,      impersonate,        users",
        "controller, list create,        secrets -n virt-dataplane",
        "controller, get,                secrets",
        "controller, get,                secrets another -n virt-dataplane",
        "controller, create,             pods/exec",
        "controller, list create,        pods",
        "controller, create patch delete, virtualmachines.kubevirt.io",
        "controller, patch,              virtualmachineinstances.kubevirt.io",
        "controller, patch,              mutatingwebhookconfigurations.admissionregistration.k8s.io another",
        "controller, create delete,      mutatingwebhookconfigurations.admissionregistration.k8s.io",
        "controller, update,             leases.coordination.k8s.io -n kube-system",
        "controller, patch,              nodes/status",
        "controller, list,               sriovnetworks.sriovnetwork.openshift.io",
        "controller, create,             network-attachment-definitions.k8s.cni.cncf.io",
        "controller, get list watch,     virtualmachinenetworkstates.virtdataplane.io",
        "controller, patch,              virtualmachinenetworkstates.virtdataplane.io/status",
        "controller, escalate bind,      clusterroles.rbac.authorization.k8s.io",
    })
    void hasNoOtherRights(String user, String verbs, String what) {
        for (String verb : verbs.split(" ")) {
            assertThat(canDo(api, user, verb, what)).as(verb + " " + what).isEqualTo("no");
        }
    }

    /**
     * @param what RESOURCE[/SUBRESOURCE] [NAME] [-n NAMESPACE]
     */
    private static String canDo(ApiServer api, String user, String verb, String what) {
        List<String> words = List.of(what.split(" "));
        String[] resource = words.getFirst().split("/");
        boolean hasName = words.size() % 2 == 0;
        String namespace = words.contains("-n") ? words.getLast() : "default";
        String said =
                api.kubectlAs(
                                user,
                                "auth",
                                "can-i",
                                verb,
                                resource[0] + (hasName ? "/" + words.get(1) : ""),
                                "--subresource=" + (resource.length > 1 ? resource[1] : ""),
                                "-n",
                                namespace)
                        .out();
        assertThat(said).as(what).doesNotContain("the server doesn't have a resource type");
        return said.lines().reduce((first, last) -> last).orElse("").split(" ")[0];
    }

    @ParameterizedTest
    @CsvSource({
        "mac-pool-opt-in,   --mac-mode=opt-in",
        "sriov-networks,    --sriov-networks",
        "disruption-budget, kind: PodDisruptionBudget",
        "guest-services,    name: virt-dataplane-guest-services",
        "own-node-only,     kind: ValidatingAdmissionPolicyBinding",
    })
    void componentsFitOntoTheInstallation(String component, String content) {
        Path overlay = overlay(api, component);
        assertThat(api.kubectl("kustomize", overlay.toString())).contains(content);
        if (content.startsWith("--")) { // the others are of later servers
            api.kubectl("apply", "-k", overlay.toString(), "--dry-run=server");
        }
    }

    private static Path overlay(ApiServer api, String component) {
        try {
            Path overlay = Files.createTempDirectory(api.directory(), component);
            Files.writeString(
                    overlay.resolve("kustomization.yaml"),
                    """
                    resources: [%1$s]
                    components: [%1$s/components/%2$s]
                    """
                            .formatted(overlay.relativize(DEPLOY), component));
            return overlay;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void uninstallLeavesNothingOfOurs() {
        try (ApiServer own = ApiServer.start()) {
            own.startControllerManager();
            own.applyUpstreamDefinitions();
            String all = overlay(own, "sriov-networks").toString();
            own.kubectl("apply", "-k", all);
            String definitions = "network-attachment-definitions.k8s.cni.cncf.io";
            assertThat(canDo(own, ApiServer.CONTROLLER, "create", definitions)).isEqualTo("yes");
            own.kubectl("delete", "-k", all, "--timeout=60s");
            assertThat(
                            own.kubectl(
                                    "get",
                                    "crd,clusterrole,clusterrolebinding,namespace,mutatingwebhookconfiguration,"
                                            + "validatingwebhookconfiguration,daemonset,deployment,secret,role",
                                    "-A",
                                    "-o",
                                    "name"))
                    .doesNotContain("virt-dataplane")
                    .doesNotContain("virtdataplane.io")
                    .contains("kubevirt.io");
        }
    }
}
