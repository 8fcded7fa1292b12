package io.virtdataplane.daemon.service;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.object.ApplyOptions;
import io.virtdataplane.daemon.object.Kept;
import io.virtdataplane.daemon.object.Outcome;
import io.virtdataplane.daemon.object.Reconciler;
import io.virtdataplane.daemon.state.ObjectStore;
import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.ServiceAssignment;
import io.virtdataplane.manifest.ServicePlan;
import io.virtdataplane.manifest.ServiceSpec;
import io.virtdataplane.manifest.ServiceSpec.Port;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Services of files: gives each its addresses and node ports, keeps them over a restart beside the
 * objects, and has them published. One request at a time, which {@code Objects} sees to.
 */
public final class ServiceObjects implements Reconciler {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceObjects.class);
    private final Allocations allocations;
    private final ObjectStore<KeptAssignment> store;
    private final Supplier<List<Backend>> machines;
    private final ServicePublisher publisher;
    private final EventJournal journal;
    private final boolean isInCluster;
    private final Map<String, StandingService> planned = new HashMap<>();

    /** What Services have whose object could not be read: it may come back. */
    private final Map<String, ServiceAssignment> reserved = new HashMap<>();

    private boolean isToldOf = true; // what was applied
    private volatile Map<String, StandingService> services = Map.of(); // replaced, never changed

    /**
     * @param machines all that have a NIC here
     * @param isInCluster Services come from the Kubernetes API, and others serve them
     */
    public ServiceObjects(
            Allocations allocations,
            Path stateDirectory,
            Supplier<List<Backend>> machines,
            ServicePublisher publisher,
            EventJournal journal,
            boolean isInCluster) {
        this.isInCluster = isInCluster;
        this.allocations = allocations;
        this.store =
                ObjectStore.byName(
                        stateDirectory.resolve("services"), ".given", new KeptAssignment.Format());
        this.machines = machines;
        this.publisher = publisher;
        this.journal = journal;
        publisher.of(this::all);
    }

    /** Sorted by name. */
    public List<StandingService> all() {
        return List.copyOf(services.values());
    }

    @Override
    public List<ObjectKind> kinds() {
        return List.of(ObjectKind.SERVICE);
    }

    @Override
    public boolean isRisky(ObjectKind kind) {
        return false;
    }

    /** What each would be given is chosen here, on a copy, and taken when its turn comes. */
    @Override
    public void check(List<Manifest> wanted) {
        planned.clear();
        Allocations copy = allocations.copy();
        List<ServiceSpec> specs = wanted.stream().map(ServiceSpec.class::cast).toList();
        specs.forEach(copy::avoid);
        Selection machinesByLabel = new Selection(machines.get());
        long nowMs = System.currentTimeMillis();
        for (ServiceSpec spec : specs) {
            try {
                if (isInCluster) {
                    throw new IllegalArgumentException(
                            "this node is one of a cluster, which has Services of its own: apply it there, with kubectl");
                }
                if (planned.containsKey(spec.name())) {
                    throw new IllegalArgumentException("must be in a file only once");
                }
                ServicePlan plan = plan(spec);
                copy.checkBalanced(spec, had(spec));
                ServiceAssignment has = copy.assign(plan, had(spec), nowMs);
                checkTargets(spec, machinesByLabel);
                planned.put(spec.name(), new StandingService(spec, has));
            } catch (IllegalArgumentException | IllegalStateException e) {
                planned.clear();
                throw new IllegalArgumentException(
                        ObjectKind.SERVICE.manifestKind()
                                + " "
                                + spec.name()
                                + ": "
                                + e.getMessage(),
                        e);
            }
        }
    }

    private ServicePlan plan(ServiceSpec spec) {
        StandingService before = services.get(spec.name());
        if (before != null) {
            return ServicePlan.update(before.spec(), before.has(), spec, allocations.families());
        }
        ServiceAssignment kept = reserved.get(spec.name());
        return kept == null
                ? ServicePlan.create(spec, allocations.families())
                : ServicePlan.update(spec, kept, spec, allocations.families());
    }

    private Optional<ServiceAssignment> had(ServiceSpec spec) {
        StandingService before = services.get(spec.name());
        return before == null
                ? Optional.ofNullable(reserved.get(spec.name()))
                : Optional.of(before.has());
    }

    /** Nobody else would say that a machine does not let in what is sent to it. */
    private void checkTargets(ServiceSpec spec, Selection machinesByLabel) {
        for (Backend backend : machinesByLabel.of(spec)) {
            for (int i = 0; backend.nic().isPresent() && i < spec.ports().size(); i++) {
                Port port = spec.ports().get(i);
                String closed = Endpoints.closed(port, backend.nic().get());
                if (!closed.isEmpty()) {
                    throw new IllegalArgumentException(
                            "spec.ports["
                                    + i
                                    + "].targetPort: Invalid value: "
                                    + (port.hasTargetNumber()
                                            ? port.targetPort()
                                            : "\"" + port.targetPort() + "\"")
                                    + ": "
                                    + closed
                                    + " machine="
                                    + backend.machine());
                }
            }
        }
    }

    @Override
    public Outcome apply(Manifest object, ApplyOptions options) {
        ServiceSpec spec = (ServiceSpec) object;
        StandingService next = planned.remove(spec.name());
        if (next == null || !next.spec().equals(spec)) {
            throw new IllegalStateException("not checked: service=" + spec.name());
        }
        Optional<ServiceAssignment> had = had(spec);
        allocations.swap(had, next.has());
        try {
            store.put(spec.name(), new KeptAssignment(spec.name(), next.has()));
        } catch (RuntimeException e) {
            allocations.give(next.has());
            had.ifPresent(allocations::take);
            throw e;
        }
        reserved.remove(spec.name());
        put(next);
        if (planned.isEmpty()) { // else an address is meant for one that is still to come
            fillPending();
        }
        isToldOf = false;
        return Outcome.IN_FORCE;
    }

    /** A file of a thousand is told of once. */
    @Override
    public void applied() {
        if (!isToldOf) {
            isToldOf = true;
            publisher.changed();
        }
    }

    private void put(StandingService service) {
        Map<String, StandingService> all = new TreeMap<>(services);
        all.put(service.spec().name(), service);
        services = all;
    }

    /** Nobody is sent there any more when its numbers are given to others. */
    @Override
    public Outcome delete(Manifest object) {
        planned.clear();
        String name = object.name();
        Map<String, StandingService> all = new TreeMap<>(services);
        StandingService gone = all.remove(name);
        services = all;
        publisher.changed();
        if (gone != null) {
            allocations.give(gone.has());
        }
        removeKept(name);
        if (fillPending()) {
            publisher.changed();
        }
        return Outcome.IN_FORCE;
    }

    private void removeKept(String name) {
        try {
            store.remove(name);
        } catch (UncheckedIOException e) { // the next start finds no object for it
            LOG.warn("not removed: service={} {}", name, e.getMessage());
        }
    }

    /** Gives load balancer addresses that have become free to those that wait; false: to none. */
    private boolean fillPending() {
        boolean changes = false;
        for (StandingService service : services.values()) {
            if (!service.isServed()) {
                changes |= fill(service);
            }
        }
        return changes;
    }

    private boolean fill(StandingService service) {
        ServiceAssignment had = service.has();
        ServiceAssignment has = allocations.balanced(service.spec(), had);
        if (has.equals(had)) {
            return false;
        }
        try {
            store.put(service.spec().name(), new KeptAssignment(service.spec().name(), has));
        } catch (RuntimeException e) { // it goes on waiting
            LOG.warn("address not kept: service={} {}", service.spec().name(), e.getMessage());
            allocations.swap(Optional.of(has), had);
            return false;
        }
        put(new StandingService(service.spec(), has));
        return true;
    }

    /** First everybody's own numbers, then what is missing. */
    @Override
    public void restore(List<Kept> inForce, List<Kept> waiting, Map<Path, String> unreadable) {
        ObjectStore.Stored<KeptAssignment> stored = store.all();
        stored.unreadable()
                .forEach(
                        (file, reason) ->
                                journal.record("RestoreFailed", "", file + ": " + reason));
        stored.damaged().forEach(ObjectStore::setAside);
        List<ServiceSpec> specs = // this kind is never marked: what waits is of a crash
                Stream.concat(inForce.stream(), waiting.stream())
                        .map(kept -> (ServiceSpec) kept.manifest())
                        .toList();
        Map<String, ServiceAssignment> hadByName = new HashMap<>();
        for (KeptAssignment kept : stored.objects()) {
            boolean isOfNone = specs.stream().noneMatch(spec -> spec.name().equals(kept.service()));
            if (isOfNone && unreadable.isEmpty()) {
                removeKept(kept.service());
                continue;
            }
            ServiceAssignment has =
                    allocations.restore(
                            kept.has(),
                            (reason, words) -> journal.record(reason, kept.service(), words));
            (isOfNone ? reserved : hadByName).put(kept.service(), has);
        }
        specs.forEach(spec -> restore(spec, Optional.ofNullable(hadByName.get(spec.name()))));
        fillPending();
        publisher.changed();
    }

    private void restore(ServiceSpec spec, Optional<ServiceAssignment> had) {
        try {
            ServicePlan plan =
                    had.isPresent()
                            ? ServicePlan.update(spec, had.get(), spec, allocations.families())
                            : ServicePlan.create(spec, allocations.families());
            ServiceAssignment has =
                    allocations.copy().assign(plan, had, System.currentTimeMillis());
            if (had.isEmpty() || !had.get().equals(has)) {
                store.put(spec.name(), new KeptAssignment(spec.name(), has));
                allocations.swap(had, has);
            }
            put(new StandingService(spec, has));
        } catch (RuntimeException e) {
            LOG.warn("service not restored: service={} {}", spec.name(), e.getMessage());
            journal.record("RestoreFailed", spec.name(), String.valueOf(e.getMessage()));
            put(new StandingService(spec, had.orElse(ServiceAssignment.NONE)));
        }
    }

    /** What was reserved for it, in case it would be read later, is free. */
    @Override
    public Outcome forget(Path unreadable) {
        String stem = unreadable.getFileName().toString().replaceFirst("\\.[a-z]+$", "");
        for (String name : List.copyOf(reserved.keySet())) {
            String own = store.file(name).getFileName().toString();
            if (own.startsWith(stem + ".")) {
                allocations.give(reserved.remove(name));
                removeKept(name);
            }
        }
        return Outcome.IN_FORCE;
    }
}
