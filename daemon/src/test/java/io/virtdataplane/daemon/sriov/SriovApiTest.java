package io.virtdataplane.daemon.sriov;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.virtdataplane.api.ApplyNetworkRequest;
import io.virtdataplane.api.ApplyPolicyRequest;
import io.virtdataplane.api.AttachVfRequest;
import io.virtdataplane.api.AttachVfResponse;
import io.virtdataplane.api.AttachedVf;
import io.virtdataplane.api.DetachVfRequest;
import io.virtdataplane.api.GetNodeStateRequest;
import io.virtdataplane.api.ListPfsRequest;
import io.virtdataplane.api.ListSriovPoliciesRequest;
import io.virtdataplane.api.ListVfsRequest;
import io.virtdataplane.api.RemoveNetworkRequest;
import io.virtdataplane.api.RemovePolicyRequest;
import io.virtdataplane.api.RenderNetworkRequest;
import io.virtdataplane.api.SriovNodeState;
import io.virtdataplane.api.Vf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SriovApiTest extends SriovApiFixture {
    @Test
    void policyNetworkAndGuestFromApplyToDetach() {
        apply(POLICY);
        network(NETWORK);
        AttachedVf vf = attach(MACHINE);
        assertThat(vf)
                .isEqualTo(
                        AttachedVf.newBuilder()
                                .setNamespace("guests")
                                .setName("vm1/nic1")
                                .setNetwork("guests/net1")
                                .setResourceName("intel")
                                .setPf("ens1f0")
                                .setVfId(0)
                                .setPciAddress("0000:02:02.0")
                                .setVfioDevice("/dev/vfio/40")
                                .setNumaNode(0)
                                .setMac("02:00:00:00:aa:01")
                                .setHostdevXml(vf.getHostdevXml())
                                .build());
        assertThat(vf.getHostdevXml())
                .contains("managed=\"no\"")
                .contains("bus=\"0x02\" slot=\"0x02\" function=\"0x0\"")
                .contains("<alias name=\"ua-sriov-nic1\"/>");
        assertThat(card.settings)
                .containsExactly(
                        "ens1f0 vf 0 vlan=100 qos=0 proto=802.1q",
                        "ens1f0 vf 0 mac=02:00:00:00:aa:01");
        List<Vf> vfs = sriov.listVfs(ListVfsRequest.getDefaultInstance()).getVfsList();
        assertThat(vfs).extracting(Vf::getUser).containsExactly("guests/vm1/nic1", "");
        assertThat(vfs).extracting(Vf::getResourceName).containsExactly("intel", "intel");
        assertThat(
                        sriov.detachVf(DetachVfRequest.newBuilder().setName("vm1").build())
                                .getPciAddressesList())
                .containsExactly("0000:02:02.0");
        assertThat(card.read("ens1f0").get(0).mac()).isEqualTo(0x0200_0000_0000L);
        refused(
                () -> sriov.detachVf(DetachVfRequest.newBuilder().setName("vm1").build()),
                Status.Code.NOT_FOUND,
                "no such machine with a VF: name=vm1");
    }

    @Test
    void policyThatBreaksARuleChangesNothing() {
        refused(
                () ->
                        sriov.applyPolicy(
                                ApplyPolicyRequest.newBuilder()
                                        .setManifest(POLICY.replace("numVfs: 2", "numVfs: 9"))
                                        .build()),
                Status.Code.INVALID_ARGUMENT,
                "numVfs(9) in CR p1 exceed the maximum allowed value(8) interface(ens1f0)");
        assertThat(sriov.getNodeState(GetNodeStateRequest.getDefaultInstance()).getPoliciesList())
                .isEmpty();
    }

    @Test
    void policyOfAnotherNodeIsKeptAndDoesNothing() throws IOException {
        String other =
                POLICY.replace("p1", "p2")
                        .replace("{resourceName", "{nodeSelector: {rack: r9}, resourceName")
                        .replace("ens1f0", "ens9f9")
                        .replace("numVfs: 2", "numVfs: 60");
        afterPass(applyPolicy(other));
        apply(
                POLICY.replace("p1", "p2").replace("{resourceName", "{priority: 5, resourceName"),
                "p2");
        afterPass(applyPolicy(other));
        assertThat(policies()).containsExactly("p2 NoMatchingNode []");
        restart(directory.resolve("b.sock"));
        assertThat(policies()).containsExactly("p2 NoMatchingNode []");
        apply(POLICY.replace("p1", "p2"), "p2");
        assertThat(policies()).containsExactly("p2 Selected [ens1f0#0-1]");
    }

    private List<String> policies() {
        return sriov
                .listPolicies(ListSriovPoliciesRequest.getDefaultInstance())
                .getPoliciesList()
                .stream()
                .map(each -> each.getName() + " " + each.getStatus() + " " + each.getPfsList())
                .toList();
    }

    @Test
    void fileOfAMachineMayHoldItsNetworks() {
        apply(POLICY);
        network(MACHINE + "---\n" + NETWORK);
        AttachVfResponse attached =
                sriov.attachVf(
                        AttachVfRequest.newBuilder()
                                .setManifest(
                                        MACHINE.replace(
                                                        "sriov: {}",
                                                        "sriov: {}, ports: [{port: 80}]")
                                                + "---\n"
                                                + NETWORK)
                                .build());
        assertThat(attached.getVfsList()).hasSize(1);
        assertThat(attached.getLeftList())
                .extracting(left -> left.getKind() + " " + left.getName() + " " + left.getReason())
                .containsExactly("SriovNetwork openshift-sriov-network-operator/net1 use apply");
        assertThat(attached.getWarningsList())
                .containsExactly(
                        "spec.domain.devices.interfaces[0].ports is ignored: only the masquerade binding has it");
    }

    @Test
    void failedPassTellsItsReason() {
        long pass =
                sriov.applyPolicy(
                                ApplyPolicyRequest.newBuilder()
                                        .setManifest(POLICY.replace("vfio-pci", "netdevice"))
                                        .build())
                        .getPass();
        SriovNodeState state = afterPass(pass);
        assertThat(state.getSyncStatus()).isEqualTo("Failed");
        assertThat(state.getLastSyncError()) // the tree has no file to unbind by
                .startsWith("ens1f0: cannot write '0000:02:02.0' to ")
                .contains("drivers/vfio-pci/unbind: no such file");
    }

    @Test
    void stateNamesPfsByNameAndAddress() {
        for (String name : List.of("", "ens1f0", CardInTree.PF)) {
            assertThat(
                            sriov.listPfs(ListPfsRequest.newBuilder().setPf(name).build())
                                    .getPfs(0)
                                    .getNumVfs())
                    .isEqualTo(2);
        }
        refused(
                () -> sriov.listPfs(ListPfsRequest.newBuilder().setPf("ens9").build()),
                Status.Code.NOT_FOUND,
                "no such PF: name=ens9");
    }

    @Test
    void restartedDaemonGoesOnWithPoliciesNetworksAndGuests() throws IOException {
        apply(POLICY);
        network(NETWORK);
        attach(MACHINE);
        restart(directory.resolve("b.sock"));
        SriovNodeState state = sriov.getNodeState(GetNodeStateRequest.getDefaultInstance());
        assertThat(state.getPoliciesList()).containsExactly("p1");
        assertThat(state.getNetworksList()).containsExactly("guests/net1");
        refused(
                () -> attach(MACHINE),
                Status.Code.FAILED_PRECONDITION,
                "interface must not have a VF already: interface=guests/vm1/nic1");
        assertThat(
                        sriov.detachVf(DetachVfRequest.newBuilder().setName("vm1/nic1").build())
                                .getPciAddressesList())
                .hasSize(1);
    }

    @Test
    void requestOfTwoInterfacesIsDoneWholeOrNotAtAll() {
        apply(POLICY);
        network(NETWORK);
        String two =
                """
                kind: VirtualMachine
                metadata: {name: vm2, namespace: guests}
                spec:
                  domain: {devices: {interfaces: [{name: a, sriov: {}}, {name: b, sriov: {}}]}}
                  networks: [{name: a, multus: {networkName: net1}}, {name: b, multus: {networkName: none}}]
                """;
        refused(
                () -> attach(two),
                Status.Code.INVALID_ARGUMENT,
                "network must be applied first: network=guests/none interface=guests/vm2/b");
        assertThat(sriov.listVfs(ListVfsRequest.getDefaultInstance()).getVfsList())
                .extracting(Vf::getUser)
                .containsExactly("", "");
    }

    @Test
    void vfThatIsNamedIsTheOneThatIsGiven() {
        apply(POLICY);
        network(NETWORK);
        AttachVfRequest request =
                AttachVfRequest.newBuilder()
                        .setManifest(MACHINE)
                        .addPciAddresses("0000:02:02.1")
                        .build();
        assertThat(sriov.attachVf(request).getVfs(0).getPciAddress()).isEqualTo("0000:02:02.1");
    }

    @Test
    void policyWhoseVfsAreUsedStaysUntilTheGuestHasGone() throws IOException {
        apply(POLICY);
        network(NETWORK);
        attach(MACHINE);
        Path notes = Files.createDirectories(directory.resolve("state/sriov/pci"));
        Files.writeString(notes.resolve(CardInTree.PF), "{\"numVfs\": \"0\", \"mtu\": \"1500\"}");
        RemovePolicyRequest remove = RemovePolicyRequest.newBuilder().setName("p1").build();
        SriovNodeState state = afterPass(sriov.removePolicy(remove).getPass());
        assertThat(state.getSyncStatus()).isEqualTo("Failed");
        assertThat(state.getLastSyncError())
                .contains("VF in use must not be removed")
                .contains("user=guests/vm1/nic1");
        assertThat(users()).containsExactly("guests/vm1/nic1", "");
        refused(
                () -> sriov.removePolicy(RemovePolicyRequest.newBuilder().setName("p1").build()),
                Status.Code.NOT_FOUND,
                "no such SriovNetworkNodePolicy: name=p1");
    }

    @Test
    void networkIsCheckedAgainstTheCardsOfItsResource() {
        apply(POLICY);
        refused(
                () ->
                        sriov.applyNetwork(
                                ApplyNetworkRequest.newBuilder()
                                        .setManifest(
                                                NETWORK.replace(
                                                        "vlan: 100",
                                                        "minTxRate: 100, maxTxRate: 200"))
                                        .build()),
                Status.Code.INVALID_ARGUMENT,
                "minTxRate must be 0 or left out on Intel NICs");
    }

    @Test
    void definitionMovesWithItsNamespaceAndGoesWithItsNetwork() {
        network(NETWORK);
        sriov.applyNetwork(
                ApplyNetworkRequest.newBuilder()
                        .setManifest(NETWORK.replace("guests", "others"))
                        .build());
        assertThat(sriov.getNodeState(GetNodeStateRequest.getDefaultInstance()).getNetworksList())
                .containsExactly("others/net1");
        sriov.removeNetwork(RemoveNetworkRequest.newBuilder().setName("others/net1").build());
        refused(
                () ->
                        sriov.removeNetwork(
                                RemoveNetworkRequest.newBuilder().setName("others/net1").build()),
                Status.Code.NOT_FOUND,
                "no such SriovNetwork: name=others/net1");
    }

    @Test
    void renderingKeepsNothing() {
        assertThat(
                        sriov.renderNetwork(
                                        RenderNetworkRequest.newBuilder()
                                                .setManifest(NETWORK)
                                                .build())
                                .getConfig())
                .isEqualTo(
                        "{ \"cniVersion\":\"1.0.0\", \"name\":\"net1\",\"type\":\"sriov\",\"vlan\":100,\"vlanQoS\":0,\"ipam\":{} }");
        assertThat(sriov.getNodeState(GetNodeStateRequest.getDefaultInstance()).getNetworksList())
                .isEmpty();
    }
}
