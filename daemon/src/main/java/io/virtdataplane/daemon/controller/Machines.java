package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The cluster's VirtualMachines, as the watch of them saw them last. */
final class Machines implements ResourceEventHandler<GenericKubernetesResource> {
    private final Map<String, Machine> machineByName = new HashMap<>();
    private final Map<Long, Set<String>> machinesByMac = new HashMap<>();
    private final Map<Long, Map<String, String>> claimsByMac = new HashMap<>();

    @Override
    public void onAdd(GenericKubernetesResource object) {
        put(Machine.of(object));
    }

    @Override
    public void onUpdate(GenericKubernetesResource old, GenericKubernetesResource object) {
        put(Machine.of(object));
    }

    @Override
    public void onDelete(GenericKubernetesResource object, boolean isFinalStateUnknown) {
        remove(object.getMetadata().getNamespace() + "/" + object.getMetadata().getName());
    }

    synchronized void put(Machine machine) {
        remove(machine.fullName());
        machineByName.put(machine.fullName(), machine);
        for (Machine.Nic nic : machine.nics()) {
            if (nic.mac() != 0) {
                machinesByMac
                        .computeIfAbsent(nic.mac(), mac -> new HashSet<>())
                        .add(machine.fullName());
                claimsByMac
                        .computeIfAbsent(nic.mac(), mac -> new HashMap<>())
                        .put(machine.fullName(), nic.claim());
            }
        }
    }

    synchronized void remove(String name) {
        Machine machine = machineByName.remove(name);
        if (machine == null) {
            return;
        }
        for (Machine.Nic nic : machine.nics()) {
            Set<String> users = machinesByMac.get(nic.mac());
            if (users != null && users.remove(name) && users.isEmpty()) {
                machinesByMac.remove(nic.mac());
            }
        }
    }

    synchronized List<Machine> all() {
        return List.copyOf(machineByName.values());
    }

    /** Those that have the address. */
    synchronized List<Machine> with(long mac) {
        return machinesByMac.getOrDefault(mac, Set.of()).stream().map(machineByName::get).toList();
    }

    synchronized boolean isUsed(long mac) {
        return machinesByMac.containsKey(mac);
    }

    /**
     * With which claim the machine was last seen to have the address, also one that is gone since.
     * Another's does not count: who copies a machine copies its claims.
     *
     * @param machine NAMESPACE/NAME
     */
    synchronized Optional<String> lastClaim(long mac, String machine) {
        return Optional.ofNullable(claimsByMac.getOrDefault(mac, Map.of()).get(machine))
                .filter(claim -> !claim.isEmpty());
    }

    /** Nobody asks about the address any more. */
    synchronized void forget(long mac) {
        if (!machinesByMac.containsKey(mac)) {
            claimsByMac.remove(mac);
        }
    }
}
