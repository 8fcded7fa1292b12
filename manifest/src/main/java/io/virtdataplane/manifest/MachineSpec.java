package io.virtdataplane.manifest;

import java.util.List;
import java.util.Map;

/**
 * The head of a kubevirt.io VirtualMachine or VirtualMachineInstance, and where its spec stands.
 *
 * @param machine metadata.name, or empty
 * @param namespace metadata.namespace, or empty
 * @param labels of its pod: of the template, or of an instance itself
 * @param mesh what it says of one
 * @param hasDefaultNic where it lists none
 */
record MachineSpec(
        String machine,
        String namespace,
        Map<String, String> labels,
        Fields spec,
        MachineMesh mesh,
        boolean hasDefaultNic) {
    private static final Fields DEFAULT_INTERFACE =
            Document.root("{name: default, masquerade: {}}");
    private static final Fields DEFAULT_NETWORK = Document.root("{name: default, pod: {}}");

    /** Whether the object is one. */
    static boolean isOne(Fields root) {
        return ObjectKind.ofManifest(root.textAt("kind"))
                .filter(ObjectKind.VIRTUAL_MACHINE::equals)
                .isPresent();
    }

    static MachineSpec of(Fields root, ManifestDefaults defaults) {
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
        Fields ofPod = root;
        if (spec.has("template")) {
            // the documentation prints VirtualMachines with and without it
            ofPod = spec.object("template");
            spec = ofPod.object("spec");
        }
        Map<String, String> labels = ofPod.object("metadata").textByName("labels");
        return new MachineSpec(
                metadata.name(),
                metadata.namespace(),
                labels,
                spec,
                mesh(ofPod, labels),
                defaults.hasDefaultNic());
    }

    private static MachineMesh mesh(Fields ofPod, Map<String, String> labels) {
        Fields metadata = ofPod.object("metadata");
        return MachineMesh.of(
                name -> {
                    String annotation = metadata.textAt("annotations", name);
                    return annotation.isEmpty() ? labels.getOrDefault(name, "") : annotation;
                },
                (name, words) -> metadata.warn("annotations", "are not read: " + words));
    }

    /** A machine that lists no NIC has one on the pod network, unless it says that it has not. */
    List<Fields> interfaces() {
        return isOnDefault() ? List.of(DEFAULT_INTERFACE) : devices().list("interfaces");
    }

    List<Fields> networks() {
        return isOnDefault() ? List.of(DEFAULT_NETWORK) : spec.list("networks");
    }

    boolean isOnDefault() {
        return hasDefaultNic && isUnlisted() && attachesPod();
    }

    private boolean isUnlisted() {
        return devices().list("interfaces").isEmpty() && spec.list("networks").isEmpty();
    }

    private boolean attachesPod() {
        return devices().flag("autoattachPodInterface").orElse(true);
    }

    /** Of a machine without a NIC. */
    InvalidManifestException noNic() {
        Fields devices = devices();
        if (isUnlisted() && !attachesPod()) {
            return devices.error(
                    "autoattachPodInterface",
                    "must not be false where no interface is listed: the machine has no NIC",
                    false);
        }
        String rule =
                isUnlisted()
                        ? "must have an interface: the setting defaultInterface is none: count=0"
                        : "must have an interface: count=0";
        return new InvalidManifestException(devices.path() + ".interfaces " + rule);
    }

    private Fields devices() {
        return spec.object("domain").object("devices");
    }
}
