package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.List;

/** Reads all objects of a file, each a YAML document, by their kinds. */
public final class Manifests {
    private Manifests() {}

    public static List<Manifest> parse(String text) {
        List<Fields> documents = Document.all(text);
        List<Manifest> manifests = new ArrayList<>();
        for (Fields root : documents) {
            try {
                manifests.add(read(root));
            } catch (InvalidManifestException e) {
                if (documents.size() == 1) {
                    throw e;
                }
                throw new InvalidManifestException(
                        "document " + (manifests.size() + 1) + ": " + e.getMessage());
            }
        }
        return List.copyOf(manifests);
    }

    /** The objects' texts, in the order of {@link #parse}. */
    public static List<String> split(String text) {
        return Document.all(text).stream().map(Fields::toString).toList();
    }

    private static Manifest read(Fields root) {
        String kind = root.text("kind", "");
        return switch (kind) {
            case "VirtualMachine", "VirtualMachineInstance" -> MachineNics.read(root);
            case "NodeNetworkConfigurationPolicy" -> NodeNetworkPolicyManifest.read(root);
            case "NetworkAttachmentDefinition" -> NetworkDefinitionManifest.read(root);
            case SriovNetworkNodePolicyManifest.KIND ->
                    new SriovManifest.Policy(SriovNetworkNodePolicyManifest.read(root));
            case SriovNetworkManifest.KIND ->
                    new SriovManifest.Network(SriovNetworkManifest.read(root));
            default ->
                    throw root.error(
                            "kind",
                            "must be VirtualMachine, VirtualMachineInstance, NodeNetworkConfigurationPolicy, NetworkAttachmentDefinition, SriovNetworkNodePolicy or SriovNetwork",
                            kind);
        };
    }
}
