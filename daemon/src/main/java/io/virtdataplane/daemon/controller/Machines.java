package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;

/** The cluster's VirtualMachines, as the watch of them saw them last. */
final class Machines implements ResourceEventHandler<GenericKubernetesResource> {
    /** Of a use that is forgotten, the lease is given back only after its wait. */
    static final int MOST_PAST_USES = 1 << 14;

    private final Map<String, Machine> machineByName = new HashMap<>();
    private final Map<Long, Set<String>> machinesByMac = new HashMap<>();
    private final SequencedMap<Use, String> claimByPastUse = new LinkedHashMap<>();

    /** Of the address by NAMESPACE/NAME. */
    private record Use(long mac, String machine) {}

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
                claimByPastUse.remove(new Use(nic.mac(), machine.fullName()));
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
            if (nic.mac() != 0 && !nic.claim().isEmpty()) {
                claimByPastUse.putLast(new Use(nic.mac(), name), nic.claim());
            }
        }
        while (claimByPastUse.size() > MOST_PAST_USES) {
            claimByPastUse.pollFirstEntry();
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
        return Optional.ofNullable(machineByName.get(machine))
                .flatMap(each -> each.nicWith(mac))
                .map(Machine.Nic::claim)
                .or(() -> Optional.ofNullable(claimByPastUse.get(new Use(mac, machine))))
                .filter(claim -> !claim.isEmpty());
    }
}
