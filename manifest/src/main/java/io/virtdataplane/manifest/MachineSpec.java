package io.virtdataplane.manifest;

import java.util.List;

/**
 * The head of a kubevirt.io VirtualMachine or VirtualMachineInstance, and where its spec stands.
 *
 * @param machine metadata.name, or empty
 * @param namespace metadata.namespace, or empty
 */
record MachineSpec(String machine, String namespace, Fields spec) {
    static MachineSpec of(Fields root) {
        String kind = root.text("kind", "");
        if (!kind.equals("VirtualMachine") && !kind.equals("VirtualMachineInstance")) {
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
        return spec.object("domain").object("devices").list("interfaces");
    }

    List<Fields> networks() {
        return spec.list("networks");
    }
}
