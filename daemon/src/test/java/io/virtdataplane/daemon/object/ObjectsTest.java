package io.virtdataplane.daemon.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.api.ApplyRequest;
import io.virtdataplane.api.KeptObject;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.manifest.LeftObject;
import io.virtdataplane.manifest.ManifestDefaults;
import io.virtdataplane.manifest.Manifests;
import io.virtdataplane.manifest.ObjectKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectsTest {
    static final String POLICY =
            """
            apiVersion: nmstate.io/v1
            kind: NodeNetworkConfigurationPolicy
            metadata: {name: p1}
            spec: {desiredState: {interfaces: [{name: br1, type: linux-bridge, mtu: 1500}]}}
            """;
    static final String NETWORK =
            """
            apiVersion: k8s.cni.cncf.io/v1
            kind: NetworkAttachmentDefinition
            metadata: {name: n1}
            spec: {config: '{"cniVersion": "0.3.1", "type": "cnv-bridge", "bridge": "br1"}'}
            """;
    private static final String SRIOV =
            """
            apiVersion: sriovnetwork.openshift.io/v1
            kind: SriovNetworkNodePolicy
            metadata: {name: s1}
            spec: {resourceName: intel, numVfs: 2, nicSelector: {pfNames: [ens1f0]}}
            """;
    private static final ApplyOptions SHARED = ApplyOptions.of("share", true, 7);
    @TempDir private Path state;
    private Family networks;
    private Family sriov;
    private Objects objects;

    private void start() {
        start(ManifestDefaults.DEFAULT);
    }

    private void start(ManifestDefaults defaults) {
        networks = new Family(ObjectKind.NODE_NETWORK_POLICY, ObjectKind.NETWORK_DEFINITION);
        sriov = new Family(ObjectKind.SRIOV_POLICY, ObjectKind.SRIOV_NETWORK);
        objects = new Objects(state, new Manifests(defaults), networks, sriov);
        objects.restore();
    }

    /** Its definition would move, and a VM's NAMESPACE/NAME find nothing. */
    @Test
    void keptNetworkStaysTheSameWhereTheOperatorsNamespaceIsSetToAnother() {
        start();
        String network =
                "apiVersion: sriovnetwork.openshift.io/v1\nkind: SriovNetwork\nmetadata: {name: n1}\nspec: {resourceName: intel, networkNamespace: guests}\n";
        objects.apply(network, SHARED);
        start(new ManifestDefaults(List.of("other"), true));
        assertThat(sriov.unreadable).isEmpty();
        assertThat(sriov.inForce.getFirst().manifest().identity())
                .isEqualTo("openshift-sriov-network-operator/n1");
        assertThatThrownBy(
                        () ->
                                objects.apply(
                                        network.replace(
                                                "name: n1",
                                                "name: n2, namespace: openshift-sriov-network-operator"),
                                        SHARED))
                .as("of a new one it is checked")
                .hasMessageContaining("networkNamespace must be the object's own namespace");
    }

    private static List<String> names(List<Kept> kept) {
        return kept.stream().map(each -> each.manifest().name()).toList();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(state.resolve("objects"))) {
            return files.filter(Files::isRegularFile).map(state::relativize).sorted().toList();
        }
    }

    private static String all(String... manifests) {
        return String.join("---\n", manifests);
    }

    @Test
    void fileIsCheckedWholeBeforeItsFirstObjectChangesAnything() throws IOException {
        start();
        sriov.refused = "s1";
        assertThatThrownBy(() -> objects.apply(all(POLICY, NETWORK, SRIOV), SHARED))
                .hasMessage("refused: name=s1");
        assertThat(networks.asked).containsExactly("check [p1, default/n1]");
        assertThat(files()).isEmpty();
        sriov.refused = "";
        List<ObjectResult> results = objects.apply(all(POLICY, NETWORK, SRIOV), SHARED).objects();
        assertThat(results).extracting(ObjectResult::change).containsOnly("created");
        assertThat(networks.asked.subList(1, 4))
                .containsExactly(
                        "check [p1, default/n1]", "apply p1 shared", "apply default/n1 shared");
        assertThat(sriov.asked.getLast()).isEqualTo("apply s1 shared");
    }

    @Test
    void changesAreNamedAsKubectlNamesThem() {
        start();
        objects.apply(POLICY, SHARED);
        assertThat(objects.apply(POLICY, SHARED).objects().getFirst().change())
                .isEqualTo("unchanged");
        assertThat(
                        objects.apply(POLICY.replace("1500", "9000"), SHARED)
                                .objects()
                                .getFirst()
                                .change())
                .isEqualTo("configured");
        assertThat(objects.apply(POLICY, ApplyOptions.DEFAULT).objects().getFirst().change())
                .isEqualTo("configured");
    }

    @Test
    void restartTakesUpAllInTheOrderInWhichTheyWereApplied() {
        start();
        objects.apply(all(NETWORK, POLICY), SHARED);
        objects.apply(POLICY.replace("p1", "p0"), ApplyOptions.DEFAULT);
        objects.apply(NETWORK.replace("br1", "br2"), SHARED);
        start();
        assertThat(names(networks.inForce)).containsExactly("p1", "p0", "default/n1");
        assertThat(networks.inForce.getFirst().options()).isEqualTo(SHARED);
        assertThat(networks.inForce.get(1).options()).isEqualTo(ApplyOptions.DEFAULT);
        assertThat(objects.apply(POLICY, SHARED).objects().getFirst().change())
                .isEqualTo("unchanged");
    }

    @Test
    void versionThatWaitsDoesNotTakeAwayTheOneInForce() throws IOException {
        start();
        objects.apply(POLICY, SHARED);
        networks.next = Outcome.waiting("no such device: eth9");
        Outcome outcome =
                objects.apply(POLICY.replace("1500", "9000"), SHARED)
                        .objects()
                        .getFirst()
                        .outcome();
        assertThat(outcome.message()).isEqualTo("no such device: eth9");
        assertThat(files())
                .containsExactly(
                        Path.of("objects/NodeNetworkConfigurationPolicy/p1.yaml"),
                        Path.of("objects/NodeNetworkConfigurationPolicy/waiting/p1.yaml"));
        start();
        assertThat(networks.inForce.getFirst().text()).contains("1500");
        assertThat(networks.waiting.getFirst().text()).contains("9000");
        networks.due = List.of(networks.waiting.getFirst().manifest());
        objects.retry();
        assertThat(networks.asked).containsExactly("apply p1 shared");
        start();
        assertThat(networks.inForce.getFirst().text()).contains("9000");
        assertThat(networks.waiting).isEmpty();
    }

    @Test
    void whatComesInForceLateBuildsOnWhatCameBefore() {
        start();
        networks.next = Outcome.waiting("no such device: eth9");
        objects.apply(POLICY, SHARED);
        networks.next = Outcome.IN_FORCE;
        objects.apply(POLICY.replace("p1", "p2"), SHARED);
        objects.retry();
        assertThat(networks.asked).as("not due").hasSize(4);
        start();
        networks.due = List.of(networks.waiting.getFirst().manifest());
        objects.retry();
        start();
        assertThat(names(networks.inForce)).containsExactly("p2", "p1");
    }

    /** A policy that takes the node down must not do so again at each start. */
    @Test
    void whatTheDaemonDiedOfIsNotTriedByTheNextStart() throws IOException {
        start();
        Path file = state.resolve("objects/NodeNetworkConfigurationPolicy/waiting/p1.yaml");
        Path atDeath = state.resolve("at-death");
        networks.fails = new IllegalStateException("worker does not answer");
        networks.onApply = () -> copy(file, atDeath);
        assertThatThrownBy(() -> objects.apply(POLICY, SHARED)).isSameAs(networks.fails);
        assertThat(files()).as("it was refused").isEmpty();
        Files.move(atDeath, file);
        start();
        assertThat(networks.waiting.getFirst().givenUp())
                .isEqualTo("the daemon ended while it was being tried");
    }

    private static void copy(Path from, Path to) {
        try {
            Files.copy(from, to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void applyThatFailsLeavesAnUnreadableFileWhereItIs() throws IOException {
        start();
        objects.apply(SRIOV, SHARED);
        Path file = state.resolve("objects/SriovNetworkNodePolicy/s1.yaml");
        Files.writeString(file, "spec: [");
        start();
        sriov.fails = new IllegalStateException("no");
        assertThatThrownBy(() -> objects.apply(SRIOV, SHARED)).isSameAs(sriov.fails);
        assertThat(files()).containsExactly(state.relativize(file));
    }

    @Test
    void whatFailedBeforeIsNotUnchanged() {
        start();
        networks.next = Outcome.waiting("no such device: eth9");
        assertThat(objects.apply(POLICY, SHARED).objects().getFirst().change())
                .isEqualTo("created");
        networks.next = Outcome.IN_FORCE;
        assertThat(objects.apply(POLICY, SHARED).objects().getFirst().change())
                .isEqualTo("configured");
        assertThat(objects.apply(POLICY, SHARED).objects().getFirst().change())
                .isEqualTo("unchanged");
    }

    @Test
    void whatCostTheNodeItsGatewayIsNotTriedAgainByARestart() {
        start();
        networks.next = Outcome.givenUp("default gateway 10.0.0.1 answered before\nand does not");
        objects.apply(POLICY, SHARED);
        start();
        assertThat(networks.inForce).isEmpty();
        assertThat(networks.waiting.getFirst().givenUp())
                .isEqualTo("default gateway 10.0.0.1 answered before and does not");
        objects.apply(POLICY, SHARED); // whoever has mended the cause
        start();
        assertThat(names(networks.inForce)).containsExactly("p1");
    }

    @Test
    void deletionIsOfAllOrNone() throws IOException {
        start();
        objects.apply(POLICY, SHARED);
        assertThatThrownBy(() -> objects.delete(all(POLICY, SRIOV)))
                .isInstanceOf(NotFoundException.class)
                .hasMessage("no such SriovNetworkNodePolicy: name=s1");
        assertThatThrownBy(() -> objects.delete(ObjectKind.NETWORK_DEFINITION, "n1"))
                .hasMessage("no such NetworkAttachmentDefinition: name=default/n1");
        assertThatThrownBy(() -> objects.delete(all(POLICY, POLICY)))
                .hasMessageStartingWith("object must be in a file only once: ");
        assertThat(files()).hasSize(1);
        objects.apply(NETWORK, SHARED);
        assertThat(objects.delete(ObjectKind.NETWORK_DEFINITION, "n1").change())
                .isEqualTo("deleted");
        objects.delete(POLICY);
        assertThat(networks.asked.subList(networks.asked.size() - 2, networks.asked.size()))
                .containsExactly("delete default/n1", "delete p1");
        assertThat(files()).isEmpty();
    }

    @Test
    void unreadableFileIsReportedAndGoesByItsName() throws IOException {
        start();
        objects.apply(SRIOV, SHARED);
        Path file = state.resolve("objects/SriovNetworkNodePolicy/s1.yaml");
        Files.writeString(file, "spec: [");
        start();
        assertThat(sriov.unreadable).containsOnlyKeys(file);
        assertThat(networks.unreadable).isEmpty();
        assertThat(objects.delete(ObjectKind.SRIOV_POLICY, "s1").outcome().pass()).isEqualTo(9);
        assertThat(sriov.asked).containsExactly("forget s1.yaml");
        assertThat(file).doesNotExist();
    }

    @Test
    void unreadableFileIsReplacedByTheSameObject() throws IOException {
        start();
        objects.apply(SRIOV, SHARED);
        Files.writeString(state.resolve("objects/SriovNetworkNodePolicy/s1.yaml"), "");
        start();
        assertThat(objects.apply(SRIOV, SHARED).objects().getFirst().outcome().pass()).isEqualTo(9);
        start();
        assertThat(sriov.unreadable).isEmpty();
        assertThat(names(sriov.inForce)).containsExactly("s1");
    }

    @Test
    void fileIsAManifestThatAnybodyCanRead() throws IOException {
        start();
        objects.apply(POLICY, SHARED);
        Path file = state.resolve("objects/NodeNetworkConfigurationPolicy/p1.yaml");
        assertThat(Files.readString(file))
                .matches("(?s)# sha256: [0-9a-f]{64}\n#.*")
                .contains(
                        "\n# virt-dataplane: sequence=1 uplinks=share host-port=true probe-seconds=7\n{");
        assertThat(objects.delete(Files.readString(file)).objects()).hasSize(1);
    }

    @Test
    void filesOfEarlierVersionsAreTakenOver() throws IOException {
        Path old = Files.createDirectories(state.resolve("objects"));
        KeptObject kept =
                KeptObject.newBuilder()
                        .setSequence(4)
                        .setRequest(
                                ApplyRequest.newBuilder()
                                        .setManifest(POLICY)
                                        .setUplinks("share")
                                        .setHostPort(true)
                                        .setProbeSeconds(7))
                        .build();
        Files.write(old.resolve("0123.object"), kept.toByteArray());
        Files.write(old.resolve("4567.object"), new byte[] {1, 2, 3});
        Path policies = Files.createDirectories(state.resolve("sriov/policies"));
        Files.writeString(policies.resolve("s1.yaml"), SRIOV);
        Files.writeString(policies.resolve("s1.new"), "a write that was cut short");
        start();
        assertThat(networks.inForce).extracting(Kept::options).containsExactly(SHARED);
        assertThat(names(sriov.inForce)).containsExactly("s1");
        assertThat(policies.resolve("s1.yaml")).doesNotExist();
        assertThat(old.resolve("4567.object.damaged")).exists();
        start();
        assertThat(names(networks.inForce)).containsExactly("p1");
    }

    @Test
    void machineIsAttachedAndNotApplied() {
        start();
        String machine = "kind: VirtualMachine\nmetadata: {name: vm}\nspec: {domain: {}}\n";
        assertThatThrownBy(() -> objects.apply(machine, SHARED))
                .hasMessage(
                        "manifest must have a NodeNetworkConfigurationPolicy, NetworkAttachmentDefinition, SriovNetworkNodePolicy or SriovNetwork that is for virt-dataplane: VirtualMachine default/vm is left: use attach");
        FileResult beside = objects.apply(all(machine, NETWORK, "kind: Secret\n"), SHARED);
        assertThat(beside.objects()).extracting(ObjectResult::name).containsExactly("default/n1");
        assertThat(beside.left())
                .extracting(LeftObject::toString)
                .containsExactly(
                        "VirtualMachine default/vm is left: use attach",
                        "Secret is left: it is not for virt-dataplane");
        FileResult deleted = objects.delete(all(machine, NETWORK));
        assertThat(deleted.objects()).extracting(ObjectResult::change).containsExactly("deleted");
        assertThat(deleted.left()).hasSize(1);
    }

    @Test
    void versionThatIsForSomebodyElseDoesNotLeaveAnEarlierOneInForce() {
        start();
        objects.apply(NETWORK, SHARED);
        String foreign = NETWORK.replace("cnv-bridge", "macvlan");
        assertThatThrownBy(() -> objects.apply(all(foreign, POLICY), SHARED))
                .hasMessage(
                        "NetworkAttachmentDefinition default/n1: an earlier version is in force and would stay so (delete it first): it is for the CNI plugin macvlan (cnv-bridge and bridge are taken)");
        objects.delete(foreign);
        assertThat(objects.apply(all(foreign, POLICY), SHARED).left()).hasSize(1);
    }

    @Test
    void whatIsLeftToOthersIsSaidWithItsObject() {
        start();
        String routed = POLICY.replace("{interfaces", "{routes: {config: [{}]}, interfaces");
        assertThat(objects.apply(all(routed, NETWORK), SHARED).objects())
                .extracting(ObjectResult::warnings)
                .containsExactly(
                        List.of(
                                "spec.desiredState.routes is ignored: the node's own network manager configures it"),
                        List.of());
    }
}
