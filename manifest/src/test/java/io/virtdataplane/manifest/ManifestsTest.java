package io.virtdataplane.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ManifestsTest {
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
        assertThatThrownBy(() -> Manifests.parse("kind: Pod"))
                .isInstanceOf(InvalidManifestException.class)
                .hasMessage(
                        "kind must be VirtualMachine, VirtualMachineInstance, NodeNetworkConfigurationPolicy, NetworkAttachmentDefinition, SriovNetworkNodePolicy or SriovNetwork: kind=Pod");
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
        assertThatThrownBy(() -> Manifests.parse(list.replace("VirtualMachineInstance", "Pod")))
                .hasMessageStartingWith("items[1].kind must be VirtualMachine,")
                .hasMessageEndingWith("kind=Pod");
        assertThatThrownBy(() -> Manifests.parse(list + "---\nkind: Pod"))
                .hasMessageStartingWith("document 2: kind must be VirtualMachine,");
        assertThatThrownBy(() -> Manifests.parse("kind: List\nitems: []"))
                .hasMessage("manifest must be one YAML mapping: found=nothing");
    }

    @Test
    void documentOfSeveralIsNamedByItsPlace() {
        assertThatThrownBy(() -> Manifests.parse(MACHINE + "---\nkind: Pod\n"))
                .hasMessageStartingWith("document 2: kind must be")
                .hasMessageEndingWith("kind=Pod");
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
