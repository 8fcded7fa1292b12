package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A VirtualMachine's or VirtualMachineInstance's manifest, parsed once for all who ask what its
 * NICs are. Each question checks what it is about, and a refusal names the machine.
 */
public final class MachineManifest {
    private static final Set<ObjectKind> TAKEN = EnumSet.of(ObjectKind.VIRTUAL_MACHINE);
    private final Fields root;
    private final MachineSpec machine;
    private final List<LeftObject> left;

    private MachineManifest(Fields root, MachineSpec machine, List<LeftObject> left) {
        this.root = root;
        this.machine = machine;
        this.left = List.copyOf(left);
    }

    public static MachineManifest parse(String manifest) {
        return parse(manifest, "", ManifestDefaults.DEFAULT);
    }

    /**
     * Of a file that may hold other objects beside the machine, such as its networks.
     *
     * @param name which one, where the file holds several machines
     */
    public static MachineManifest parse(String manifest, String name, ManifestDefaults defaults) {
        List<Fields> machines = new ArrayList<>();
        List<LeftObject> left = new ArrayList<>();
        List<Fields> objects = Document.all(manifest);
        for (Fields object : objects) {
            if (objects.size() == 1 || MachineSpec.isOne(object)) {
                machines.add(object);
            } else {
                Manifests.left(object, TAKEN).ifPresent(left::add);
            }
        }
        Fields chosen = chosen(machines, name);
        machines.stream()
                .filter(other -> other != chosen)
                .forEach(other -> left.add(LeftObject.of(other, "attach it by its --name")));
        return new MachineManifest(
                chosen, Manifests.titled(chosen, () -> MachineSpec.of(chosen, defaults)), left);
    }

    private static Fields chosen(List<Fields> machines, String name) {
        if (machines.size() == 1) {
            return machines.getFirst();
        }
        List<Fields> named =
                machines.stream()
                        .filter(machine -> machine.textAt("metadata", "name").equals(name))
                        .toList();
        if (named.size() != 1) {
            throw new InvalidManifestException(
                    "manifest must have one VirtualMachine or VirtualMachineInstance (of several, --name chooses): found="
                            + machines.size());
        }
        return named.getFirst();
    }

    /** metadata.namespace, or empty. */
    public String namespace() {
        return machine.namespace();
    }

    /** By which Services select it. */
    public Map<String, String> labels() {
        return machine.labels();
    }

    /** Of the template, or of an instance itself; empty where it has none of that name. */
    public String annotation(String name) {
        boolean hasTemplate = root.object("spec").has("template");
        return hasTemplate
                ? root.textAt("spec", "template", "metadata", "annotations", name)
                : root.textAt("metadata", "annotations", name);
    }

    /** All NICs of the machine, whatever network they are on. */
    public MachineNics nics() {
        return titled(() -> MachineNics.read(machine));
    }

    /** The one on the pod network, listed or not; refused where there is none. */
    public MasqueradeInterface podNic() {
        return titled(() -> VirtualMachineManifest.nic(machine));
    }

    /** Its sriov interfaces, at least one, in the manifest's order. */
    public List<SriovNic> sriovNics() {
        return titled(() -> SriovNicsManifest.of(MachineNics.read(machine)));
    }

    private <T> T titled(Supplier<T> question) {
        return Manifests.titled(root, question);
    }

    /** What the questions that were asked found to be left to others. */
    public List<String> warnings() {
        return root.warnings();
    }

    /** The other objects of the file. */
    public List<LeftObject> left() {
        return left;
    }
}
