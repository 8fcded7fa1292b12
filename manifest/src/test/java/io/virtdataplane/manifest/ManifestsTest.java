package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ManifestsTest {
    private static final Manifests MANIFESTS = new Manifests(ManifestDefaults.DEFAULT);
    private static final Set<ObjectKind> APPLIED =
            EnumSet.complementOf(EnumSet.of(ObjectKind.VIRTUAL_MACHINE));
    private static final String MACHINE = "kind: VirtualMachine\nmetadata: {name: vm}\nspec: {}\n";

    @Test
    void eachDocumentIsReadByItsKind() {
        List<WrittenManifest> manifests =
                Manifests.parse(
                        "---\n"
                                + NodeNetworkPolicyManifestTest.CHAPTER
                                + "---\n"
                                + NetworkDefinitionManifestTest.CHAPTER
                                + "---\n# nothing in this one\n---\n"
                                + MACHINE
                                + "...\n");
        assertThat(manifests)
                .extracting(written -> (Object) written.manifest().getClass())
                .containsExactly(
                        NodeNetworkPolicy.class, NetworkDefinition.class, MachineNics.class);
    }

    @Test
    void unknownKindIsRefusedByName() {
        String kinds =
                "VirtualMachine, VirtualMachineInstance, NodeNetworkConfigurationPolicy, NetworkAttachmentDefinition, SriovNetworkNodePolicy, SriovNetwork or Service";
        assertThatThrownBy(() -> Manifests.parse("kind: Pod"))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessage(
                        "manifest must have a "
                                + kinds
                                + " that is for virt-dataplane: Pod is left: it is not for virt-dataplane");
        for (String mistyped : new String[] {"SriovNetwrk", "virtualMachine", ""}) {
            assertThatThrownBy(() -> Manifests.parse(MACHINE + "---\nkind: '" + mistyped + "'"))
                    .hasMessage("document 2: kind must be " + kinds + ": kind=" + mistyped);
        }
    }

    @Test
    void listsItemsAreReadAsDocumentsAre() {
        String list =
                """
                apiVersion: v1
                kind: List
                metadata: {resourceVersion: ""}
                items:
                - {kind: VirtualMachine, metadata: {name: one}, spec: {}}
                - {kind: VirtualMachineInstance, metadata: {name: two}, spec: {}, status: {}}
                """;
        assertThat(Manifests.parse(list + "---\n" + MACHINE))
                .extracting(written -> written.manifest().name())
                .containsExactly("default/one", "default/two", "default/vm");
        String wrong = list.replace("status: {}", "status: {}, apiVersion: v1");
        assertThatThrownBy(() -> Manifests.parse(wrong))
                .hasMessage(
                        "VirtualMachineInstance default/two: apiVersion must be of kubevirt.io: apiVersion=v1");
        assertThatThrownBy(() -> Manifests.parse("kind: List\nitems: []"))
                .hasMessage("manifest must be one YAML mapping: found=nothing");
    }

    @Test
    void documentWithoutNameIsNamedByItsPlace() {
        String nameless = NetworkDefinitionManifestTest.CHAPTER.replaceFirst("name: .*", "uid: a");
        assertThatThrownBy(() -> Manifests.parse(MACHINE + "---\n" + nameless))
                .hasMessage("document 2: metadata.name must be given: name=");
    }

    @Test
    void whatACommandDoesNotTakeIsLeftByName() {
        String file =
                "kind: Namespace\nmetadata: {name: blue}\n---\n"
                        + "kind: VirtualMachine\nmetadata: {name: vm}\nspec: no machine\n---\n"
                        + NetworkDefinitionManifestTest.CHAPTER
                        + "---\n"
                        + NetworkDefinitionManifestTest.CHAPTER
                                .replace("cnv-bridge", "macvlan")
                                .replaceFirst("name: .*", "name: other")
                        + "---\nkind: SriovIBNetwork\nmetadata: {name: ib, namespace: sriov}\n";
        ManifestFile read = MANIFESTS.parse(file, APPLIED);
        assertThat(read.objects())
                .extracting(written -> written.manifest().kind())
                .containsExactly(ObjectKind.NETWORK_DEFINITION);
        assertThat(read.left())
                .extracting(LeftObject::toString)
                .containsExactly(
                        "Namespace blue is left: it is not for virt-dataplane",
                        "VirtualMachine default/vm is left: use attach",
                        "NetworkAttachmentDefinition default/other is left: it is for the CNI plugin macvlan (cnv-bridge and bridge are taken)",
                        "SriovIBNetwork sriov/ib is left: InfiniBand is not supported");
        assertThatThrownBy(() -> MANIFESTS.parse(MACHINE, APPLIED))
                .hasMessage(
                        "manifest must have a NodeNetworkConfigurationPolicy, NetworkAttachmentDefinition, SriovNetworkNodePolicy, SriovNetwork or Service that is for virt-dataplane: VirtualMachine default/vm is left: use attach");
    }

    /** As KubeVirt's user guide has them: none is refused, and none is mistaken for a machine. */
    @Test
    void migrationsAreLeftToKubevirt() {
        String file =
                """
                apiVersion: kubevirt.io/v1
                kind: VirtualMachineInstanceMigration
                metadata:
                  name: migration-job
                spec:
                  vmiName: vmi-fedora
                ---
                apiVersion: migrations.kubevirt.io/v1alpha1
                kind: MigrationPolicy
                metadata:
                  name: my-policy
                spec:
                  allowPostCopy: true
                ---
                """;
        for (Set<ObjectKind> taken : List.of(APPLIED, Set.of(ObjectKind.VIRTUAL_MACHINE))) {
            assertThat(MANIFESTS.look(file, taken).left())
                    .extracting(LeftObject::toString)
                    .containsExactly(
                            "VirtualMachineInstanceMigration migration-job is left: KubeVirt moves the machine; its NICs: drain, session, attach --incoming",
                            "MigrationPolicy my-policy is left: KubeVirt moves the machine; its NICs: drain, session, attach --incoming");
        }
    }

    @Test
    void objectIsFoundByItsNameWhateverElseItSays() {
        List<LeftObject> left = new ArrayList<>();
        String file =
                NodeNetworkPolicyManifestTest.CHAPTER.replace("spec:", "spec:\n  capture: {a: b}")
                        + "---\nkind: SriovNetwork\nmetadata: {name: net1}\nspec: {networkNamespace: blue}\n"
                        + "---\nkind: NetworkAttachmentDefinition\nmetadata: {name: red, namespace: blue}\n---\n"
                        + MACHINE;
        assertThat(MANIFESTS.names(file, APPLIED, left))
                .extracting(ObjectName::identity)
                .containsExactly(
                        "br1-eth1-policy", "openshift-sriov-network-operator/net1", "blue/red");
        assertThat(left).hasSize(1);
    }

    @Test
    void objectFromAClusterIsReadWithWhatTheClusterAdded() {
        String pasted =
                NodeNetworkPolicyManifestTest.CHAPTER.replace(
                                "name: br1-eth1-policy",
                                """
                                name: br1-eth1-policy
                                  uid: 0b1d3a52-41f1-4a0e-9f0b-8a6d4d3a7f11
                                  resourceVersion: "812345"
                                  generation: 3
                                  creationTimestamp: 2026-01-02T03:04:05Z
                                  labels: {app: net}
                                  annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}
                                  finalizers: [a/b]
                                  ownerReferences: [{kind: Site, name: s, uid: u, apiVersion: v1}]
                                  managedFields: [{manager: kubectl, operation: Apply, fieldsV1: {"f:spec": {}}}]
                                """)
                        + "status: {conditions: [{type: Available, status: \"True\"}]}\n";
        assertThat(Manifests.parse(pasted).getFirst().manifest())
                .isEqualTo(
                        Manifests.parse(NodeNetworkPolicyManifestTest.CHAPTER)
                                .getFirst()
                                .manifest());
        assertThatThrownBy(() -> Manifests.parse(pasted.replace("labels:", "label:")))
                .hasMessageContaining("metadata.label is not a known field: nearest=labels");
    }

    @Test
    void whatIsNoManifestIsRefused() {
        for (String rubbish :
                new String[] {
                    "",
                    "---\n---\n",
                    "[]",
                    "text",
                    "\0",
                    "a: [",
                    MACHINE + "---\na: [",
                    MACHINE + "---\nkind: Pod\nkind: Pod",
                    "x".repeat(2 << 20)
                }) {
            assertThatThrownBy(() -> Manifests.parse(rubbish))
                    .isInstanceOf(InvalidManifestException.class)
                    .hasMessageStartingWith("manifest must be");
        }
    }
}
