package io.virtdataplane.manifest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All NICs of a VirtualMachine or VirtualMachineInstance, in the order of the manifest, whatever
 * network they are on. A machine that lists none has the default one, unless it says otherwise.
 *
 * @param machine metadata.name, or empty
 * @param namespace metadata.namespace, or empty
 * @param isDefault the manifest lists none
 */
public record MachineNics(
        String machine, String namespace, List<MachineNic> nics, boolean isDefault)
        implements Manifest {
    public static MachineNics parse(String manifest) {
        return MachineManifest.parse(manifest).nics();
    }

    static MachineNics read(MachineSpec machine) {
        List<Fields> networks = machine.networks();
        MachineNetworks.pod(networks);
        MachineInterfaces.checkNames(machine.interfaces(), networks);
        List<MachineNic> nics = new ArrayList<>();
        for (Fields candidate : machine.interfaces()) {
            MachineInterfaces.check(candidate);
            if (!candidate.text("state", "").equals("absent")) { // unplugged: the guest has it not
                nics.add(nic(candidate, networks, machine.namespace()));
            }
        }
        return new MachineNics(
                machine.machine(), machine.namespace(), List.copyOf(nics), machine.isOnDefault());
    }

    @Override
    public ObjectKind kind() {
        return ObjectKind.VIRTUAL_MACHINE;
    }

    @Override
    public String name() {
        return kind().fullName(namespace.isEmpty() ? machine : namespace + "/" + machine);
    }

    private static MachineNic nic(Fields candidate, List<Fields> networks, String namespace) {
        String name = candidate.text("name", "");
        Fields network =
                networks.stream()
                        .filter(each -> each.text("name", "").equals(name))
                        .findFirst()
                        .orElseThrow(); // checkNames
        String binding = MachineInterfaces.binding(candidate);
        if (binding.equals("masquerade") && !network.has("pod")) {
            throw new InvalidManifestException(
                    candidate.path()
                            + " must be on the pod network to have the masquerade binding: network="
                            + network.path());
        }
        return new MachineNic(
                name,
                binding,
                MachineInterfaces.model(candidate),
                MachineInterfaces.mac(candidate),
                network(network, namespace));
    }

    private static NicNetwork network(Fields network, String namespace) {
        if (network.has("pod")) {
            return MachineNetworks.podNetwork(network);
        }
        return network.has("multus")
                ? MachineNetworks.multus(network, namespace)
                : new NicNetwork.Claim();
    }

    /** The NIC of that name, else the one that a guest calls eth0, eth1, ... by its place. */
    public Optional<MachineNic> find(String name) {
        Optional<MachineNic> named =
                nics.stream().filter(nic -> nic.name().equals(name)).findFirst();
        return named.or(
                () -> nics.stream().filter(nic -> deviceName(nic).equals(name)).findFirst());
    }

    private String deviceName(MachineNic nic) {
        return "eth" + nics.indexOf(nic);
    }
}
