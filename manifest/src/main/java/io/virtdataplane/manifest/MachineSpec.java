package io.virtdataplane.manifest;

import java.util.List;
import java.util.Set;

/**
 * The head of a kubevirt.io VirtualMachine or VirtualMachineInstance, and where its spec stands.
 *
 * @param machine metadata.name, or empty
 * @param namespace metadata.namespace, or empty
 */
record MachineSpec(String machine, String namespace, Fields spec) {
    private static final Set<String> KINDS = Set.of("VirtualMachine", "VirtualMachineInstance");
    static final Fields DEFAULT_INTERFACE = Document.root("{name: default, masquerade: {}}");
    static final Fields DEFAULT_NETWORK = Document.root("{name: default, pod: {}}");

    /** Whether the object is one. */
    static boolean isOne(Fields root) {
        return KINDS.contains(root.text("kind", ""));
    }

    static MachineSpec of(Fields root) {
        String kind = root.text("kind", "");
        if (!isOne(root)) {
            throw root.error("kind", "must be VirtualMachine or VirtualMachineInstance", kind);
        }
        String version = root.text("apiVersion", "kubevirt.io/v1");
        if (!version.startsWith("kubevirt.io/")) {
            throw root.error("apiVersion", "must be of kubevirt.io", version);
        }
        Metadata metadata = Metadata.of(root);
        Fields spec = root.object("spec");
        if (spec.has("template")) {
            // the documentation prints VirtualMachines with and without it
            spec = spec.object("template").object("spec");
        }
        return new MachineSpec(metadata.name(), metadata.namespace(), spec);
    }

    List<Fields> interfaces() {
        return devices().list("interfaces");
    }

    List<Fields> networks() {
        return spec.list("networks");
    }

    /** A machine that lists no NIC is put on the pod network, unless it says that it is not. */
    boolean hasDefaultNic() {
        return interfaces().isEmpty()
                && networks().isEmpty()
                && devices().flag("autoattachPodInterface").orElse(true);
    }

    private Fields devices() {
        return spec.object("domain").object("devices");
    }
}
