package io.virtdataplane.daemon.sriov;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtdataplane.api.ApplyNetworkRequest;
import io.virtdataplane.api.AttachVfRequest;
import io.virtdataplane.api.DetachVfRequest;
import io.virtdataplane.api.GetNodeStateRequest;
import io.virtdataplane.api.RemoveNetworkRequest;
import io.virtdataplane.api.RemovePolicyRequest;
import io.virtdataplane.api.SriovNodeState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What has failed or was cut short leaves cards, files and other guests as they were. */
@Timeout(60)
class SriovSafetyTest extends SriovApiFixture {
    private static final String TWO =
            """
            kind: VirtualMachine
            metadata: {name: vm2, namespace: guests}
            spec:
              domain: {devices: {interfaces: [{name: a, sriov: {}}, {name: b, sriov: {}}]}}
              networks: [{name: a, multus: {networkName: net1}}, {name: b, multus: {networkName: net1}}]
            """;

    @Test
    void unreadablePolicyLeavesTheCardsAloneUntilItIsAppliedAgainOrRemoved() throws Exception {
        apply(POLICY);
        Path state = directory.resolve("state/sriov");
        Files.createDirectories(state.resolve("pci"));
        Files.writeString(
                state.resolve("pci/" + CardInTree.PF), "{\"numVfs\": \"0\", \"mtu\": \"1500\"}");
        Path file = directory.resolve("state/objects/SriovNetworkNodePolicy/p1.yaml");
        Files.writeString(file, "spec: [");
        restart(directory.resolve("b.sock"));
        assertThat(afterPass(1).getSyncStatus()).isEqualTo("Failed");
        assertThat(afterPass(1).getLastSyncError())
                .startsWith("stored policy must be readable (until")
                .contains("file=" + file + " reason=");
        assertThat(numVfs()).isEqualTo("2");
        apply(POLICY);
        Files.writeString(file, "");
        restart(directory.resolve("c.sock"));
        assertThat(afterPass(1).getPoliciesList()).containsExactly("p1");
        long pass =
                sriov.removePolicy(RemovePolicyRequest.newBuilder().setName("p1").build())
                        .getPass();
        assertThat(afterPass(pass).getLastSyncError()).isEmpty();
        assertThat(numVfs()).as("put back: no policy is left").isEqualTo("0");
    }

    /** As the operator was reported not to do: a policy deleted while its node was rebooting. */
    @Test
    void policyThatWentJustBeforeTheEndIsUndoneByTheNextStart() throws Exception {
        apply(POLICY);
        Files.createDirectories(directory.resolve("state/sriov/pci"));
        Files.writeString(
                directory.resolve("state/sriov/pci/" + CardInTree.PF),
                "{\"numVfs\": \"0\", \"mtu\": \"1500\"}");
        control.close();
        Files.delete(directory.resolve("state/objects/SriovNetworkNodePolicy/p1.yaml"));
        restart(directory.resolve("d.sock"));
        assertThat(afterPass(1).getSyncStatus()).isEqualTo("Succeeded");
        assertThat(numVfs()).isEqualTo("0");
    }

    @Test
    void attachmentsAtOnceHaveVfsOfTheirOwn() throws Exception {
        apply(POLICY);
        network(NETWORK);
        List<String> addresses = new CopyOnWriteArrayList<>();
        List<String> reasons = new CopyOnWriteArrayList<>();
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> guests = new ArrayList<>();
        for (int i = 1; i <= 8; i++) {
            String machine = MACHINE.replace("vm1", "vm" + i).replace(":aa:01", ":aa:0" + i);
            guests.add(
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        try {
                                            start.await();
                                            addresses.add(attach(machine).getPciAddress());
                                        } catch (StatusRuntimeException e) {
                                            reasons.add(e.getStatus().getDescription());
                                        } catch (InterruptedException e) {
                                            Thread.currentThread().interrupt();
                                        }
                                    }));
        }
        start.countDown();
        for (Thread guest : guests) {
            guest.join();
        }
        assertThat(addresses).containsExactlyInAnyOrder("0000:02:02.0", "0000:02:02.1");
        assertThat(reasons).hasSize(6).allMatch(reason -> reason.contains("is used by guests/vm"));
    }

    private String numVfs() throws IOException {
        return Files.readString(
                        card.root.resolve("bus/pci/devices/" + CardInTree.PF + "/sriov_numvfs"))
                .strip();
    }

    @Test
    void namesAsLongAsKubernetesAllowsAreKept() throws IOException {
        String longest = "p".repeat(253);
        apply(POLICY.replace("name: p1", "name: " + longest), longest);
        sriov.applyNetwork(
                ApplyNetworkRequest.newBuilder()
                        .setManifest(NETWORK.replace("name: net1", "name: " + longest))
                        .build());
        restart(directory.resolve("b.sock"));
        SriovNodeState state = sriov.getNodeState(GetNodeStateRequest.getDefaultInstance());
        assertThat(state.getPoliciesList()).containsExactly(longest);
        assertThat(state.getNetworksList()).containsExactly("guests/" + longest);
    }

    @Test
    void whatCannotBeKeptOrRemovedOnTheDiskStaysAsItWas() throws IOException {
        apply(POLICY);
        network(NETWORK);
        Path networks = directory.resolve("state/objects/SriovNetwork");
        Path moved = directory.resolve("state/moved");
        Files.move(networks, moved); // as a disk that fails
        refused(
                () -> network(NETWORK.replace("guests", "others")),
                Status.Code.FAILED_PRECONDITION,
                "state/objects/SriovNetwork");
        refused(
                () ->
                        sriov.removeNetwork(
                                RemoveNetworkRequest.newBuilder().setName("guests/net1").build()),
                Status.Code.FAILED_PRECONDITION,
                "state/objects/SriovNetwork");
        Files.move(moved, networks);
        assertThat(sriov.getNodeState(GetNodeStateRequest.getDefaultInstance()).getNetworksList())
                .containsExactly("guests/net1");
        Path policies = directory.resolve("state/objects/SriovNetworkNodePolicy");
        Files.move(policies, moved);
        refused(
                () -> sriov.removePolicy(RemovePolicyRequest.newBuilder().setName("p1").build()),
                Status.Code.FAILED_PRECONDITION,
                "state/objects/SriovNetworkNodePolicy");
        assertThat(sriov.getNodeState(GetNodeStateRequest.getDefaultInstance()).getPoliciesList())
                .containsExactly("p1");
    }

    @Test
    void detachGoesThroughAllAndTellsWhatItCouldNotPutBack() {
        apply(POLICY);
        network(NETWORK);
        attach(TWO);
        card.deaf(0);
        DetachVfRequest detach = DetachVfRequest.newBuilder().setName("vm2").build();
        refused(
                () -> sriov.detachVf(detach),
                Status.Code.FAILED_PRECONDITION,
                "VF must be restored before it is free: pciAddress=0000:02:02.0 owner=guests/vm2/a: refused: vf=0 vlan=0 qos=0 proto=802.1q; detached: 0000:02:02.1");
        assertThat(users()).containsExactly("guests/vm2/a (being restored)", "");
        SriovNodeState state = afterPass(3);
        assertThat(state.getSyncStatus()).isEqualTo("Failed");
        assertThat(state.getLastSyncError()).contains("owner=guests/vm2/a: refused: vf=0");
        card.deaf(-1);
        apply(POLICY); // any pass tries again
        assertThat(users()).containsExactly("", "");
    }

    @Test
    void failedAttachmentOfOneInterfaceTakesTheOtherBack() {
        apply(POLICY);
        network(NETWORK);
        card.deaf(1);
        refused(
                () -> attach(TWO),
                Status.Code.FAILED_PRECONDITION,
                "refused: vf=1 vlan=100 qos=0 proto=802.1q");
        assertThat(users()).containsExactly("", "");
        assertThat(card.settings)
                .containsExactly(
                        "ens1f0 vf 0 vlan=100 qos=0 proto=802.1q",
                        "ens1f0 vf 0 vlan=0 qos=0 proto=802.1q");
    }

    @Test
    void attachmentThatWasCutShortIsPutBackAtTheNextStart() throws IOException {
        apply(POLICY);
        network(NETWORK);
        attach(MACHINE);
        Path file = directory.resolve("state/sriov/allocations/0000:02:02.0");
        Files.writeString(file, Files.readString(file).replace("\"attached\"", "\"attaching\""));
        restart(directory.resolve("b.sock"));
        assertThat(afterPass(1).getLastSyncError()).isEmpty();
        assertThat(users()).containsExactly("", "");
        assertThat(card.read("ens1f0").get(0).mac()).isEqualTo(0x0200_0000_0000L);
    }

    private AttachVfRequest of(String namespace) {
        return AttachVfRequest.newBuilder()
                .setManifest(
                        """
                        kind: VirtualMachine
                        metadata: {name: vm1, namespace: %s}
                        spec:
                          domain: {devices: {interfaces: [{name: nic1, sriov: {}}]}}
                          networks: [{name: nic1, multus: {networkName: default/net1}}]
                        """
                                .formatted(namespace))
                .build();
    }

    private List<String> detach(String namespace, String name) {
        return sriov.detachVf(
                        DetachVfRequest.newBuilder().setNamespace(namespace).setName(name).build())
                .getPciAddressesList();
    }

    private void networkOfAllNamespaces() {
        sriov.applyNetwork(
                ApplyNetworkRequest.newBuilder()
                        .setManifest(NETWORK.replace("guests", "default"))
                        .build());
    }

    @Test
    void machinesOfOneNameInTwoNamespacesHaveTheirOwnVfs() {
        apply(POLICY);
        networkOfAllNamespaces();
        assertThat(sriov.attachVf(of("blue")).getVfs(0).getNamespace()).isEqualTo("blue");
        sriov.attachVf(of("red"));
        assertThat(users()).containsExactly("blue/vm1/nic1", "red/vm1/nic1");
        refused(
                () -> detach("", "vm1"),
                Status.Code.INVALID_ARGUMENT,
                "namespace must be given, several namespaces have a machine of this name: name=vm1 machines=[blue/vm1/nic1, red/vm1/nic1]");
        refused(() -> detach("green", "vm1"), Status.Code.NOT_FOUND, "name=vm1");
        assertThat(detach("red", "vm1")).containsExactly(CardInTree.vf(1));
        assertThat(users()).containsExactly("blue/vm1/nic1", "");
        assertThat(detach("", "vm1/nic1")).containsExactly(CardInTree.vf(0));
    }

    @Test
    void ownerOfAnEarlierVersionHasNoNamespaceAndMayBeAny() throws IOException {
        apply(POLICY);
        networkOfAllNamespaces();
        Files.writeString(
                directory.resolve("state/sriov/allocations/" + CardInTree.vf(0)),
                "{\"owner\": \"vm1/nic1\", \"boot\": \"\", \"pf\": \"ens1f0\", \"vf\": \"0\"}");
        refused(
                () -> sriov.attachVf(of("blue")),
                Status.Code.FAILED_PRECONDITION,
                "interface must not have a VF already: interface=vm1/nic1");
        assertThat(users()).containsExactly("vm1/nic1", "");
        assertThat(detach("blue", "vm1")).containsExactly(CardInTree.vf(0));
        sriov.attachVf(of("blue"));
    }
}
