package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Machine;
import io.virtdataplane.api.Nic;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * VirtualMachineNetworkState objects: for each machine of this node what its NICs are like, since
 * the status of a VirtualMachineInstance has another writer. An address is told at once, counters
 * only now and then: each write costs the whole cluster.
 */
final class MachineStates {
    private static final long COUNTERS_MS = 300_000;
    private final ClusterWriter writer;
    private final String node;
    private final Machines machines;
    private final Supplier<ListResponse> nics;
    private final ClusterEvents events;
    private final Map<ObjectKey, Told> told = new HashMap<>();

    /** What an object says of its machine. */
    private record Told(
            Map<String, Object> steady,
            Set<String> nics,
            long atMs,
            ClusterWriter.Content content) {}

    /**
     * @param nics all of this node, and their machines
     */
    MachineStates(
            ClusterWriter writer,
            String node,
            Machines machines,
            Supplier<ListResponse> nics,
            ClusterEvents events) {
        this.writer = writer;
        this.node = node;
        this.machines = machines;
        this.nics = nics;
        this.events = events;
    }

    void publish() {
        Map<String, GenericKubernetesResource> running = machines.running();
        ListResponse all = running.isEmpty() ? ListResponse.getDefaultInstance() : nics.get();
        Map<ObjectKey, Found> found = new HashMap<>();
        for (Machine machine : all.getMachinesList()) {
            GenericKubernetesResource instance = running.get(machine.getName());
            if (instance != null) {
                found.computeIfAbsent(key(instance), key -> new Found(instance)).add(machine, all);
            }
        }
        RuntimeException failed = null;
        for (Map.Entry<ObjectKey, Found> each : found.entrySet()) {
            try {
                publish(each.getKey(), each.getValue());
            } catch (RuntimeException e) { // the others are not to wait for this one
                failed = e;
            }
        }
        Set<ObjectKey> gone = new HashSet<>(told.keySet());
        gone.removeAll(found.keySet());
        gone.forEach(key -> left(key, running));
        if (failed != null) {
            throw failed;
        }
    }

    /** An instance, and what we have of it: by its pods one machine for each. */
    private static final class Found {
        final GenericKubernetesResource instance;
        final List<Machine> machines = new ArrayList<>();
        final List<Nic> nics = new ArrayList<>();

        Found(GenericKubernetesResource instance) {
            this.instance = instance;
        }

        void add(Machine machine, ListResponse all) {
            machines.add(machine);
            all.getNicsList().stream()
                    .filter(nic -> nic.getMachine().equals(machine.getName()))
                    .forEach(nics::add);
        }
    }

    private static ObjectKey key(GenericKubernetesResource instance) {
        ObjectMeta metadata = instance.getMetadata();
        return new ObjectKey(
                ClusterKind.MACHINE_NETWORK_STATE, metadata.getNamespace(), metadata.getName());
    }

    private void publish(ObjectKey key, Found found) {
        Map<String, Object> steady = MachineReport.steady(node, found.machines, found.nics);
        Told before = told.get(key);
        long now = System.currentTimeMillis();
        boolean isNews = before == null || !before.steady().equals(steady);
        if (!isNews && now - before.atMs() < COUNTERS_MS) {
            writer.write(key, before.content()); // again, should the last try have failed
            return;
        }
        Map<String, Object> status = MachineReport.withCounters(steady, found.nics);
        status.put("lastUpdated", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        ClusterWriter.Content content =
                new ClusterWriter.Content(metadata(found.instance), null, status);
        Set<String> names = new HashSet<>();
        found.nics.forEach(nic -> names.add(nic.getName()));
        tell(found.instance, before == null ? Set.of() : before.nics(), names);
        told.put(key, new Told(steady, names, now, content));
        writer.write(key, content);
    }

    private void tell(GenericKubernetesResource instance, Set<String> before, Set<String> now) {
        for (String nic : now) {
            if (!before.contains(nic)) {
                events.normal(
                        ClusterEvents.reference(
                                ClusterKind.VIRTUAL_MACHINE_INSTANCE, instance.getMetadata()),
                        "NicAttached",
                        "NIC " + nic + " is on the data plane of " + node);
            }
        }
        for (String nic : before) {
            if (!now.contains(nic)) {
                events.normal(
                        ClusterEvents.reference(
                                ClusterKind.VIRTUAL_MACHINE_INSTANCE, instance.getMetadata()),
                        "NicDetached",
                        "NIC " + nic + " left the data plane of " + node);
            }
        }
    }

    /** Its owner is the instance: when that is deleted, so is our object. */
    private void left(ObjectKey key, Map<String, GenericKubernetesResource> running) {
        boolean isHere = running.values().stream().anyMatch(instance -> key(instance).equals(key));
        if (isHere) {
            writer.delete(key); // the machine is here, and has no NIC of ours any more
        } else {
            writer.forget(key); // it ended, or another node tells of it now
        }
        told.remove(key);
    }

    private static ObjectMeta metadata(GenericKubernetesResource instance) {
        return new ObjectMetaBuilder()
                .addNewOwnerReference()
                .withApiVersion(instance.getApiVersion())
                .withKind(instance.getKind())
                .withName(instance.getMetadata().getName())
                .withUid(instance.getMetadata().getUid())
                .endOwnerReference()
                .build();
    }
}
