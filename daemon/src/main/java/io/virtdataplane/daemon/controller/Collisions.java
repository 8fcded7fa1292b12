package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Which guests run with one MAC address: what no admission keeps out, such as a clone in a
 * namespace that is not the pool's, or a guest that has changed its own.
 */
final class Collisions implements ResourceEventHandler<GenericKubernetesResource> {
    private final Map<String, RunningMachine> machineByName = new ConcurrentHashMap<>();
    private final Map<Long, String> toldByMac = new HashMap<>();
    private final Predicate<String> isPools;

    /**
     * @param isPools whether a namespace of that name is the pool's
     */
    Collisions(Predicate<String> isPools) {
        this.isPools = isPools;
    }

    @Override
    public void onAdd(GenericKubernetesResource object) {
        RunningMachine machine = RunningMachine.of(object);
        machineByName.put(machine.fullName(), machine);
    }

    @Override
    public void onUpdate(GenericKubernetesResource old, GenericKubernetesResource object) {
        onAdd(object);
    }

    @Override
    public void onDelete(GenericKubernetesResource object, boolean isFinalStateUnknown) {
        machineByName.remove(
                object.getMetadata().getNamespace() + "/" + object.getMetadata().getName());
    }

    /** The guests, two at least, by the address that they share. */
    Map<Long, List<RunningMachine>> all() {
        Map<Long, List<RunningMachine>> guestsByMac = new TreeMap<>();
        machineByName.values().stream()
                .filter(machine -> machine.isRunning() && isPools.test(machine.namespace()))
                .sorted(Comparator.comparing(RunningMachine::fullName))
                .forEach(machine -> machine.macs().forEach(mac -> add(guestsByMac, mac, machine)));
        guestsByMac.values().removeIf(guests -> guests.size() < 2);
        return guestsByMac;
    }

    private static void add(
            Map<Long, List<RunningMachine>> guestsByMac, long mac, RunningMachine machine) {
        List<RunningMachine> guests = guestsByMac.computeIfAbsent(mac, any -> new ArrayList<>());
        if (guests.stream().noneMatch(machine::isSameGuest)) {
            guests.add(machine);
        }
    }

    /**
     * Tells of those that are new, or are others than they were.
     *
     * @param tell a guest, and the words
     */
    void tell(BiConsumer<RunningMachine, String> tell) {
        Map<Long, List<RunningMachine>> now = all();
        toldByMac.keySet().retainAll(Set.copyOf(now.keySet()));
        now.forEach(
                (mac, guests) -> {
                    String words = words(mac, guests);
                    if (!words.equals(toldByMac.get(mac))) {
                        guests.forEach(guest -> tell.accept(guest, words));
                        toldByMac.put(mac, words);
                    }
                });
    }

    /** As KubeMacPool has it. */
    private static String words(long mac, List<RunningMachine> guests) {
        return "MAC "
                + AddressText.mac(mac)
                + ": Collision between "
                + guests.stream()
                        .map(guest -> "vmi/" + guest.fullName())
                        .collect(Collectors.joining(", "));
    }
}
