package io.virtdataplane.manifest;

import java.util.List;

/**
 * A VirtualMachine's or VirtualMachineInstance's manifest, parsed once for all who ask what its
 * NICs are. Each question checks what it is about.
 */
public final class MachineManifest {
    private final MachineSpec machine;

    private MachineManifest(MachineSpec machine) {
        this.machine = machine;
    }

    /** Of a file that may hold other objects beside the one machine, such as its networks. */
    public static MachineManifest parse(String manifest) {
        List<Fields> objects = Document.all(manifest);
        return new MachineManifest(
                MachineSpec.of(objects.size() == 1 ? objects.getFirst() : machine(objects)));
    }

    private static Fields machine(List<Fields> objects) {
        List<Fields> machines = objects.stream().filter(MachineSpec::isOne).toList();
        if (machines.size() != 1) {
            throw new InvalidManifestException(
                    "manifest must have one VirtualMachine or VirtualMachineInstance: found="
                            + machines.size());
        }
        return machines.getFirst();
    }

    /** All that it lists, whatever network they are on. */
    public MachineNics nics() {
        return MachineNics.read(machine);
    }

    /** The one on the pod network, listed or not; refused where there is none. */
    public MasqueradeInterface podNic() {
        return VirtualMachineManifest.nic(machine);
    }
}
