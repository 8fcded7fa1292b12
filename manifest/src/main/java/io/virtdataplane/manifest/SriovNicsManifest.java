package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.List;

/** The sriov interfaces of a VirtualMachine or VirtualMachineInstance, in the manifest's order. */
final class SriovNicsManifest {
    private static final String DEFAULT_NAMESPACE = "default";

    private SriovNicsManifest() {}

    /** At least one. */
    static List<SriovNic> of(MachineNics machine) {
        List<SriovNic> nics = new ArrayList<>();
        for (MachineNic nic : machine.nics()) {
            if (nic.binding().equals("sriov")) {
                nics.add(
                        new SriovNic(
                                namespace(machine),
                                machine.machine(),
                                nic.name(),
                                network(machine, nic),
                                nic.mac()));
            }
        }
        if (nics.isEmpty()) {
            throw new InvalidManifestException(
                    "interfaces must have one with the sriov binding: count=0");
        }
        return nics;
    }

    private static String network(MachineNics machine, MachineNic nic) {
        if (!(nic.network() instanceof NicNetwork.Multus network)) {
            throw new InvalidManifestException(
                    "name must be the name of a multus network: name=" + nic.name());
        }
        return (network.namespace().isEmpty() ? namespace(machine) : network.namespace())
                + "/"
                + network.name();
    }

    private static String namespace(MachineNics machine) {
        return machine.namespace().isEmpty() ? DEFAULT_NAMESPACE : machine.namespace();
    }
}
