package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files of objects of all kinds, whole or not at all. */
@Timeout(120)
class ApplyAndDeleteTest {
    private static final String NODE_POLICY =
            """
            apiVersion: nmstate.io/v1
            kind: NodeNetworkConfigurationPolicy
            metadata: {name: br1-policy}
            spec:
              nodeSelector: {kubernetes.io/hostname: another}
              desiredState:
                interfaces: [{name: br1, type: linux-bridge, state: up, bridge: {port: []}}]
            ---
            """;
    private static final String DEFINITION =
            """
            apiVersion: k8s.cni.cncf.io/v1
            kind: NetworkAttachmentDefinition
            metadata: {name: blue}
            spec: {config: '{"cniVersion": "0.3.1", "name": "blue", "type": "cnv-bridge", "bridge": "br1"}'}
            ---
            """;
    private static final String POLICY =
            """
            apiVersion: sriovnetwork.openshift.io/v1
            kind: SriovNetworkNodePolicy
            metadata: {name: p1}
            spec: {resourceName: intel, numVfs: 2, nicSelector: {pfNames: [ens1f0]}, deviceType: vfio-pci}
            ---
            """;
    private static final String NETWORK =
            """
            apiVersion: sriovnetwork.openshift.io/v1
            kind: SriovNetwork
            metadata: {name: net1}
            spec: {resourceName: intel, networkNamespace: guests, vlan: 100, spoofChk: "on"}
            """;
    private static final String ALL = NODE_POLICY + DEFINITION + POLICY + NETWORK;
    @TempDir private Path directory;
    private CliLab lab;

    @BeforeEach
    void start() throws Exception {
        lab = new CliLab(directory, 2);
    }

    @AfterEach
    void stop() throws Exception {
        lab.close();
    }

    private String everything() {
        return lab.must("get", "policies")
                + lab.must("get", "networks")
                + lab.must("get", "sriov-policies")
                + lab.must("get", "sriov-networks");
    }

    @Test
    void oneObjectIsListedByItsName() {
        lab.must("apply", "-f", lab.file(ALL).toString());
        assertThat(lab.must("get", "nncp", "br1-policy")).contains("br1-policy");
        assertThat(lab.must("get", "policies", "-o", "json", "br1-policy")).contains("br1-policy");
        CliLab.Result none = lab.run("get", "nad", "nowhere");
        assertThat(none.code()).isEqualTo(1);
        assertThat(none.err())
                .isEqualTo("virt-dataplane: no such NetworkAttachmentDefinition: name=nowhere\n");
    }

    @Test
    void fileOfAllKindsIsAppliedAndDeleted() {
        String file = lab.file(ALL).toString();
        String nothing = everything();
        assertThat(lab.must("apply", "-f", file))
                .isEqualTo(
                        """
                        nodenetworkconfigurationpolicy.nmstate.io/br1-policy created
                        network-attachment-definition.k8s.cni.cncf.io/default/blue created
                        sriovnetworknodepolicy.sriovnetwork.openshift.io/p1 created
                        sriovnetwork.sriovnetwork.openshift.io/guests/net1 created
                        syncStatus: Succeeded
                        """);
        assertThat(everything().lines().map(line -> line.replaceAll(" +", " ")))
                .contains(
                        "p1 intel 99 2 vfio-pci <none> ens1f0#0-1 Selected",
                        "guests/net1 intel 100 0 on <none> <none> <none>");
        assertThat(lab.must("apply", "-f", file, "--no-wait"))
                .contains("/p1 unchanged", "/guests/net1 unchanged", "/default/blue unchanged")
                .doesNotContain("syncStatus");
        assertThat(lab.must("apply", "-f", file, "-o", "json").strip())
                .as("data alone")
                .startsWith("{")
                .endsWith("}");
        assertThat(lab.must("delete", "-f", file))
                .isEqualTo(
                        """
                        nodenetworkconfigurationpolicy.nmstate.io/br1-policy deleted
                        network-attachment-definition.k8s.cni.cncf.io/default/blue deleted
                        sriovnetworknodepolicy.sriovnetwork.openshift.io/p1 deleted
                        sriovnetwork.sriovnetwork.openshift.io/guests/net1 deleted
                        syncStatus: Succeeded
                        """);
        assertThat(everything()).isEqualTo(nothing);
    }

    private void refusedWhole(String manifest, String reason) {
        String before = everything();
        CliLab.Result result = lab.run("apply", "-f", lab.file(manifest).toString());
        assertThat(result.err()).contains(reason).doesNotContain("Exception");
        assertThat(result.err().strip().lines()).as("one line").hasSize(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.code()).isEqualTo(1);
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void fileWithOneWrongObjectChangesNothing() {
        refusedWhole(
                ALL + "---\n" + NETWORK.replace("guests", "others"),
                "network must be in a file only once: name=others/net1");
        refusedWhole(
                ALL.replace("vlan: 100", "vlan: 4095"),
                "SriovNetwork openshift-sriov-network-operator/net1: spec.vlan must be 0-4094: vlan=4095");
        refusedWhole(
                ALL.replace("\"on\"", "on"),
                "SriovNetwork openshift-sriov-network-operator/net1: spec.spoofChk must be \"on\" or \"off\" in quotes");
        refusedWhole(
                ALL.replace("numVfs: 2", "numVfs: 9"),
                "numVfs(9) in CR p1 exceed the maximum allowed value(8) interface(ens1f0)");
        refusedWhole(
                ALL.replace("vlan: 100", "minTxRate: 10, maxTxRate: 20"),
                "minTxRate must be 0 or left out on Intel NICs");
        refusedWhole(
                ALL.replace("vlan: 100", "minTxRate: 30, maxTxRate: 20"),
                "minTxRate must be at most maxTxRate: minTxRate=30 maxTxRate=20");
        refusedWhole(
                POLICY + POLICY.replace("p1", "p2") + NETWORK,
                "VF index range in ens1f0 is overlapped with existing policy p1");
        refusedWhole(
                NETWORK + "---\n" + NETWORK.replace("100", "200"),
                "network must be in a file only once: name=guests/net1");
        refusedWhole(
                "kind: VirtualMachine\nmetadata: {name: vm1}\n",
                "VirtualMachine default/vm1 is left: use attach");
        refusedWhole(POLICY + "kind: SriovNetwrk\n", "document 2: kind must be NodeNetwork");
    }

    @Test
    void whatIsForOthersIsNamedAndDoesNotFail() {
        String file =
                lab.file(
                                NODE_POLICY.replace(
                                                "desiredState:",
                                                "desiredState:\n    hostname: {running: node-1}")
                                        + DEFINITION
                                        + "kind: Namespace\nmetadata: {name: guests}\n---\n"
                                        + "kind: VirtualMachine\nmetadata: {name: vm1}\n")
                        .toString();
        CliLab.Result applied = lab.run("apply", "-f", file);
        assertThat(applied.code()).isZero();
        assertThat(applied.out().lines()).hasSize(2);
        assertThat(applied.err())
                .isEqualTo(
                        """
                        Warning: nodenetworkconfigurationpolicy.nmstate.io/br1-policy: spec.desiredState.hostname is ignored: the node's own network manager configures it
                        Namespace guests is left: it is not for virt-dataplane
                        VirtualMachine default/vm1 is left: use attach
                        """);
        assertThat(lab.must("apply", "-f", file, "-o", "json"))
                .contains("spec.desiredState.hostname is ignored", "\"reason\": \"use attach\"");
        CliLab.Result deleted = lab.run("delete", "-f", file);
        assertThat(deleted.code()).isZero();
        assertThat(deleted.err()).contains("VirtualMachine default/vm1 is left: use attach");
    }

    @Test
    void policyWithNothingForUsIsKeptAndIgnored() {
        String bond =
                """
                apiVersion: nmstate.io/v1
                kind: NodeNetworkConfigurationPolicy
                metadata: {name: uplinks}
                spec: {desiredState: {interfaces: [{name: bond0, type: bond, state: up}]}}
                """;
        CliLab.Result applied = lab.run("apply", "-f", lab.file(bond).toString());
        assertThat(applied.code()).isZero();
        assertThat(applied.err())
                .startsWith("Warning: spec.desiredState.interfaces[0] is ignored: ");
        assertThat(lab.must("get", "policies"))
                .containsPattern("uplinks +Ignored +NothingToConfigure +Nothing in the policy");
    }

    @Test
    void policyOfAnotherNodeIsKeptAndDoesNothing() {
        String other =
                POLICY.replace("{resourceName", "{nodeSelector: {rack: other}, resourceName")
                        .replace("ens1f0", "ens9f9");
        assertThat(lab.must("apply", "-f", lab.file(other).toString()))
                .contains("/p1 created", "syncStatus: Succeeded");
        assertThat(
                        lab.must("get", "sriov-policies")
                                .lines()
                                .map(line -> line.replaceAll(" +", " ")))
                .contains("p1 intel 99 2 vfio-pci <none> <none> NoMatchingNode");
    }

    @Test
    void changedObjectIsConfigured() {
        lab.must("apply", "-f", lab.file(POLICY + NETWORK).toString());
        assertThat(lab.must("apply", "-f", lab.file(NETWORK.replace("100", "200")).toString()))
                .isEqualTo("sriovnetwork.sriovnetwork.openshift.io/guests/net1 configured\n");
        assertThat(lab.must("get", "sriov-networks", "-o", "json")).contains("\"vlan\": 200");
        assertThat(lab.must("get", "sriov-policies", "-o", "yaml"))
                .contains("resourceName: intel", "- ens1f0#0-1");
    }

    @Test
    void cardsThatCannotBeBroughtIntoLineEndWithOne() {
        CliLab.Result result =
                lab.run(
                        "apply",
                        "-f",
                        lab.file(POLICY.replace("vfio-pci", "netdevice")).toString());
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.out()).contains("/p1 created", "syncStatus: Failed");
        assertThat(result.err()).contains("drivers/vfio-pci/unbind");
    }

    @Test
    void sriovApplyIsTheSameCommand() {
        assertThat(lab.must("sriov", "apply", "-f", lab.file(POLICY).toString()))
                .contains("/p1 created", "syncStatus: Succeeded");
    }

    @Test
    void objectIsDeletedByKindAndName() {
        lab.must("apply", "-f", lab.file(ALL).toString());
        assertThat(lab.must("delete", "nad", "blue")).contains("default/blue deleted");
        assertThat(lab.must("delete", "sriov-network", "guests/net1")).contains("net1 deleted");
        assertThat(lab.must("delete", "SriovNetworkNodePolicy", "p1"))
                .contains("p1 deleted", "syncStatus: Succeeded");
        CliLab.Result again = lab.run("delete", "sriov-policy", "p1");
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.err())
                .isEqualTo("virt-dataplane: no such SriovNetworkNodePolicy: name=p1\n");
        assertThat(lab.run("delete", "sriov-network", "net1").err())
                .contains("name=openshift-sriov-network-operator/net1");
        assertThat(lab.run("delete", "pod", "p").err())
                .contains(
                        "kind must be one of nncp, nad, sriov-policy, sriov-network, svc: kind=pod");
        assertThat(lab.run("delete", "nncp").code()).as("usage").isEqualTo(2);
        assertThat(lab.run("delete", "nncp", "x", "-f", "y").code()).as("usage").isEqualTo(2);
    }

    @Test
    void fileOfWhichOneObjectIsNotThereDeletesNothing() {
        lab.must("apply", "-f", lab.file(DEFINITION + POLICY).toString());
        String before = everything();
        CliLab.Result result = lab.run("delete", "-f", lab.file(ALL).toString());
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err())
                .contains("no such NodeNetworkConfigurationPolicy: name=br1-policy");
        result = lab.run("delete", "-f", lab.file(POLICY + POLICY).toString());
        assertThat(result.err()).contains("object must be in a file only once: ");
        assertThat(everything()).isEqualTo(before);
    }
}
