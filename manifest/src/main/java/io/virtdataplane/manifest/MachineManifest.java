package io.virtdataplane.manifest;

/**
 * A VirtualMachine's or VirtualMachineInstance's manifest, parsed once for all who ask what its
 * NICs are. Each question checks what it is about.
 */
public final class MachineManifest {
    private final MachineSpec machine;

    private MachineManifest(MachineSpec machine) {
        this.machine = machine;
    }

    public static MachineManifest parse(String manifest) {
        return new MachineManifest(MachineSpec.of(Document.root(manifest)));
    }

    /** All of them, whatever network they are on. */
    public MachineNics nics() {
        return MachineNics.read(machine);
    }

    /** The one on the pod network; refused where there is none. */
    public MasqueradeInterface podNic() {
        return VirtualMachineManifest.nic(machine);
    }
}
