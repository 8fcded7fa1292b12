package io.virtdataplane.daemon.manifest;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The head of a kubevirt.io VirtualMachine or VirtualMachineInstance, and where its spec stands.
 *
 * @param machine metadata.name, or empty
 * @param namespace metadata.namespace, or empty
 */
record MachineSpec(String machine, String namespace, Fields spec) {
    private static final Pattern MACHINE = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

    static MachineSpec of(Fields root) {
        String kind = root.text("kind", "");
        if (!kind.equals("VirtualMachine") && !kind.equals("VirtualMachineInstance")) {
            throw root.error("kind", "must be VirtualMachine or VirtualMachineInstance", kind);
        }
        String version = root.text("apiVersion", "kubevirt.io/v1");
        if (!version.startsWith("kubevirt.io/")) {
            throw root.error("apiVersion", "must be of kubevirt.io", version);
        }
        Fields metadata = root.object("metadata");
        Fields spec = root.object("spec");
        if (spec.has("template")) {
            // the documentation prints VirtualMachines with and without it
            spec = spec.object("template").object("spec");
        }
        return new MachineSpec(name(metadata, "name"), name(metadata, "namespace"), spec);
    }

    private static String name(Fields metadata, String field) {
        String name = metadata.text(field, "");
        if (!name.isEmpty() && !MACHINE.matcher(name).matches()) {
            throw metadata.error(field, "must be a DNS name in lower case", name);
        }
        return name;
    }

    List<Fields> interfaces() {
        return spec.object("domain").object("devices").list("interfaces");
    }

    List<Fields> networks() {
        return spec.list("networks");
    }
}
