package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.daemon.sriov.CardInTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Objects of a real API server come into force on a node, and status is read back by kubectl. */
@RootTest
@Execution(ExecutionMode.CONCURRENT)
@Timeout(300)
class KubernetesE2eTest {
    private static final int SECONDS = 30;
    private static final String MARK = "bridge.network.kubevirt.io/br1";
    private static final String SRIOV_POLICY =
            """
            apiVersion: sriovnetwork.openshift.io/v1
            kind: SriovNetworkNodePolicy
            metadata: {name: policy1, namespace: openshift-sriov-network-operator}
            spec:
              resourceName: intel
              nodeSelector: {node-role.kubernetes.io/worker: ""}
              numVfs: 2
              deviceType: vfio-pci
              nicSelector: {pfNames: [ens1f0]}
            """;
    private static ApiServer api;
    private ClusterNode node;

    @BeforeAll
    static void server() {
        api = ApiServer.shared();
        ClusterNode.prepare(api);
    }

    @BeforeEach
    void node() {
        node = new ClusterNode(api).cable();
    }

    @AfterEach
    void close() {
        ClusterNode.deleteObjects(api);
        node.close();
    }

    private String await(String text, String... command) {
        return look(text, said -> said.contains(text), command);
    }

    private String awaitGone(String text, String... command) {
        return look("no " + text, said -> !said.contains(text), command);
    }

    private String look(String what, Predicate<String> holds, String... command) {
        try {
            return Wait.until(
                    what, SECONDS, () -> api.kubectlAs(ApiServer.ADMIN, command).out(), holds);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\n" + node.lab.daemonLog(), e);
        }
    }

    private String client(String... command) {
        Shell.Result result = node.lab.client(command);
        return result.out();
    }

    @Test
    void aPolicyComesInForceAndItsStatusIsReadBack() {
        node.agent();
        api.applyText(BridgeLab.POLICY);
        assertThat(await("SuccessfullyConfigured", "get", "nncp"))
                .containsPattern("br1-eth1-policy +Available +SuccessfullyConfigured");
        assertThat(api.kubectl("get", "nnce"))
                .containsPattern(node.name + ".br1-eth1-policy +Available");
        assertThat(client("get", "bridges")).containsPattern("br1 +on +eth1");
        assertThat(api.kubectl("get", "nnce", "-l", "nmstate.io/node=" + node.name, "-o", "yaml"))
                .contains("message: successfully reconciled", "policyGeneration: 1", "name: br1");
        await("1/1 nodes successfully configured", "get", "nncp", "-o", "yaml");
        await(
                "1k",
                "get",
                "node",
                node.name,
                "-o",
                "jsonpath={.status.capacity}".replace("}", "}"));
        assertThat(await("type: linux-bridge", "get", "nns", node.name, "-o", "yaml"))
                .contains("name: br1", "name: eth0", "ip: 192.0.2.10", "prefix-length: 24");
        await(
                "successfully reconciled",
                "get",
                "events.events.k8s.io",
                "--field-selector=regarding.name=br1-eth1-policy");

        Shell.Result refused = node.lab.client("delete", "nncp", "br1-eth1-policy");
        assertThat(refused.ok()).isFalse();
        assertThat(refused.out()).contains("it comes from the Kubernetes API");

        api.kubectl("delete", "nncp", "br1-eth1-policy");
        awaitGone("br1-eth1-policy", "get", "nnce");
        Wait.until("no policy", SECONDS, () -> client("get", "policies"), s -> !s.contains("br1"));
        assertThat(client("get", "bridges"))
                .as("what a policy has made stays")
                .containsPattern("br1 +on +eth1");
        api.applyText(BridgeLab.POLICY.replace("state: up", "state: absent"));
        awaitGone(MARK, "get", "node", node.name, "-o", "jsonpath={.status.capacity}");
    }

    @Test
    void aWrongPolicyIsDegradedWithTheReasonAndAMendedOneIsNot() {
        node.agent();
        api.applyText(
                BridgeLab.POLICY.replace(
                        "name: eth1", "name: eth1\n              vlan: {mode: sideways}"));
        await("FailedToConfigure", "get", "nncp");
        assertThat(api.kubectl("get", "nnce", "-o", "yaml")).contains("sideways");
        await(
                "sideways",
                "get",
                "events.events.k8s.io",
                "--field-selector=regarding.name=br1-eth1-policy,reason=Refused");
        api.applyText(BridgeLab.POLICY);
        await("SuccessfullyConfigured", "get", "nncp");
        node.lab.shell.must("ip", "-n", node.netns, "link", "del", "eth1");
        await("FailedToConfigure", "get", "nncp");
        assertThat(api.kubectl("get", "nnce", "-o", "yaml")).contains("port eth1");
    }

    @Test
    void policiesFollowTheLabelsOfTheNode() {
        node.agent();
        api.applyText(BridgeLab.POLICY.replace("spec:", "spec:\n  nodeSelector: {rack: four}"));
        await("NoMatchingNode", "get", "nncp");
        assertThat(client("get", "bridges")).doesNotContain("br1");
        api.kubectl("label", "node", node.name, "rack=four");
        await("SuccessfullyConfigured", "get", "nncp");
        assertThat(client("get", "bridges")).contains("br1");
        node.lab.killDaemon();
        node.agent();
        assertThat(client("get", "bridges")).as("before the server is asked").contains("br1");
        await("SuccessfullyConfigured", "get", "nncp");
        api.kubectl("label", "node", node.name, "rack-");
        awaitGone(node.name + ".br1", "get", "nnce");
    }

    @Test
    void aMachinesNicsAreShownInAnObjectOfOurs() {
        node.agent();
        api.applyText(
                BridgeLab.POLICY
                        + "---\n"
                        + BridgeLab.network("net1", "\"macspoofchk\": true, \"vlan\": 100"));
        Wait.until(
                "the definition",
                SECONDS,
                () -> client("get", "networks"),
                s -> s.contains("net1"));
        String guest = node.guest("one", "net1", "10.100.0.1/24");
        node.lab.in(guest, "ping -q -c 1 -W 1 10.100.0.2"); // its ARP shows its address
        api.applyText(
                """
                apiVersion: kubevirt.io/v1
                kind: VirtualMachineInstance
                metadata:
                  name: one
                  namespace: default
                  labels: {kubevirt.io/nodeName: %s}
                spec: {domain: {devices: {}}}
                """
                        .formatted(node.name));
        String yaml = await("10.100.0.1", "get", "vmns", "one", "-o", "yaml");
        assertThat(yaml)
                .contains(
                        "nodeName: " + node.name,
                        "name: bridge-net",
                        "network: default/net1",
                        "binding: bridge",
                        "source: observed",
                        "kind: VirtualMachineInstance");
        await("NicAttached", "get", "events.events.k8s.io", "--field-selector=regarding.name=one");
        assertThat(api.kubectlAs(ApiServer.ADMIN, "delete", "net-attach-def", "net1").ok())
                .isTrue();
        await(
                "must not be in use by NICs",
                "get",
                "events.events.k8s.io",
                "--field-selector=regarding.name=net1");
        assertThat(client("get", "networks")).as("NICs are on it").contains("net1");
        node.lab.mustClient("detach", "one/bridge-net");
        awaitGone("one", "get", "vmns", "--no-headers");
        Wait.until(
                "no definition",
                SECONDS,
                () -> client("get", "networks"),
                said -> !said.contains("net1"));
    }

    /** What KubeVirt writes of a migration, and the pod that it makes for the guest. */
    private void moveHere(String machine, String pod) {
        api.applyText(
                """
                apiVersion: kubevirt.io/v1
                kind: VirtualMachineInstance
                metadata:
                  name: %1$s
                  namespace: default
                  labels: {kubevirt.io/nodeName: other, kubevirt.io/migrationTargetNodeName: %2$s}
                spec: {domain: {devices: {}}}
                status:
                  nodeName: other
                  migrationState: {migrationUid: m1, sourceNode: other, targetNode: %2$s, targetPod: %3$s}
                """
                        .formatted(machine, node.name, pod));
        String uid = api.kubectl("get", "vmi", machine, "-o", "jsonpath={.metadata.uid}").strip();
        api.applyText(
                """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: %s
                  namespace: default
                  labels: {kubevirt.io: virt-launcher}
                  ownerReferences: [{apiVersion: kubevirt.io/v1, kind: VirtualMachineInstance, name: %s, uid: %s}]
                spec: {nodeName: %s, containers: [{name: compute, image: none}]}
                """
                        .formatted(pod, machine, uid, node.name));
    }

    private void awaitState(String nic, String state) {
        Wait.until(
                state,
                SECONDS,
                () -> client("describe", "nic", nic),
                said -> said.matches("(?s).*State:\\s+" + state + ".*"));
    }

    @Test
    void aGuestThatMigratesHereIsAwaitedAndAnnounced() {
        node.agent();
        api.applyText(
                BridgeLab.POLICY + "---\n" + BridgeLab.network("net2", "\"macspoofchk\": true"));
        Wait.until(
                "the definition",
                SECONDS,
                () -> client("get", "networks"),
                s -> s.contains("net2"));
        moveHere("mover", "launcher-b");
        String guest = node.silentGuest("launcher-b", "net2", "10.100.0.7/24");
        awaitState("launcher-b/bridge-net", "incoming");
        BridgedGuest.speak(node.lab, guest);
        awaitState("launcher-b/bridge-net", "active");
        assertThat(client("events")).contains("Awaited", "Arrived", "Announced");
        node.lab.mustClient("detach", "launcher-b/bridge-net");
        api.kubectlAs(ApiServer.ADMIN, "delete", "net-attach-def", "net2");
        Wait.until(
                "no definition",
                SECONDS,
                () -> client("get", "networks"),
                said -> !said.contains("net2"));
    }

    @Test
    void theSyncStatusOfCardsIsAsTheChapterAsksForIt(@TempDir Path directory) throws IOException {
        Path card = new CardInTree(directory.resolve("sys"), 2).root;
        Path config =
                Files.writeString(
                        directory.resolve("config.yaml"),
                        "sriov: {sysfs: %s, devicePluginDirectory: none}\n".formatted(card));
        node.agent("--config", config.toString());
        await("Succeeded", sriovState("{.status.syncStatus}"));
        api.applyText(SRIOV_POLICY);
        await("policy1", sriovState("{.spec.interfaces[0].vfGroups[0].policyName}"));
        await("Succeeded", sriovState("{.status.syncStatus}"));
        assertThat(api.kubectl(sriovState("{.status.interfaces[0]}")))
                .contains("\"totalvfs\":8", "\"numVfs\":2", "\"driver\":\"vfio-pci\"");
        Files.delete(card.resolve("bus/pci/devices/" + CardInTree.PF + "/sriov_numvfs"));
        api.applyText(SRIOV_POLICY.replace("numVfs: 2", "numVfs: 4"));
        await("Failed", sriovState("{.status.syncStatus}"));
        assertThat(api.kubectl(sriovState("{.status.lastSyncError}"))).isNotBlank();
    }

    private String[] sriovState(String path) {
        return new String[] {
            "get",
            "sriovnetworknodestates",
            "-n",
            "openshift-sriov-network-operator",
            node.name,
            "-o",
            "jsonpath=" + path
        };
    }
}
