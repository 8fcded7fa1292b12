package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.virtdataplane.api.Event;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.journal.EventQuery;
import java.util.Set;

/**
 * Tells of the journal's events that whoever runs a machine is to see, on its
 * VirtualMachineInstance; from now on, not what was before.
 */
final class MachineEvents implements AutoCloseable {
    private static final Set<String> WARNINGS =
            Set.of("MACCollision", "Declined", "RestoreFailed", "Fault");
    private final EventJournal journal;
    private final Machines machines;
    private final ClusterEvents events;
    private final long beganMs = System.currentTimeMillis();
    private final Thread thread;

    MachineEvents(EventJournal journal, Machines machines, ClusterEvents events) {
        this.journal = journal;
        this.machines = machines;
        this.events = events;
        this.thread = Thread.ofPlatform().daemon().name("cluster-events").start(this::run);
    }

    private void run() {
        try {
            journal.read(
                    new EventQuery(true, EventQuery.ALL, beganMs, 0),
                    event -> {
                        if (WARNINGS.contains(event.getKind())) {
                            tell(event);
                        }
                        return true;
                    });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(Event event) {
        String machine = event.getNic().replaceFirst("/.*", "");
        GenericKubernetesResource instance = machines.running().get(machine);
        if (instance != null) {
            events.warning(
                    ClusterEvents.reference(
                            ClusterKind.VIRTUAL_MACHINE_INSTANCE, instance.getMetadata()),
                    event.getKind(),
                    event.getNic() + ": " + event.getMessage());
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
