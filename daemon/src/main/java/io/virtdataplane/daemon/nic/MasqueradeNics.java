package io.virtdataplane.daemon.nic;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.NatSettings;
import io.virtdataplane.daemon.attach.Attachment;
import io.virtdataplane.daemon.attach.PortNumbers;
import io.virtdataplane.daemon.control.NicViews;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.rpc.AlreadyExistsException;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.daemon.state.MessageStore;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.Netns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The NICs of this node: attaches, detaches, finds them. Every request is checked before anything
 * is opened.
 */
public final class MasqueradeNics implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MasqueradeNics.class);
    private final List<WorkerThread> workers;
    private final MessageStore<AttachRequest> store;
    private final EventJournal journal;
    private final Map<String, MasqueradeNic> nicByName = new TreeMap<>();
    private final PortNumbers numbers;
    private final Bpf.Mechanism hooks;
    private long generation;

    public MasqueradeNics(
            List<WorkerThread> workers,
            MessageStore<AttachRequest> store,
            EventJournal journal,
            PortNumbers numbers,
            Bpf.Mechanism hooks) {
        this.numbers = numbers;
        this.hooks = hooks;
        this.workers = workers;
        this.store = store;
        this.journal = journal;
    }

    /**
     * Takes up what of these an earlier run left; a NIC whose pod is gone is reported and
     * forgotten.
     */
    public synchronized void restore(List<AttachRequest> requests) {
        for (AttachRequest request : requests) {
            String name = "unknown";
            try {
                MasqueradeSpec spec = MasqueradeSpec.of(request);
                name = spec.name();
                attach(spec);
                journal.record("Restored", name, "attached again after a restart");
            } catch (RuntimeException e) {
                LOG.warn("attachment not restored: nic={} reason={}", name, e.getMessage());
                journal.record("RestoreFailed", name, e.getMessage());
                if (!Files.exists(Netns.path(request.getNetns()))) {
                    store.remove(name); // else the next start may have more luck
                }
            }
        }
    }

    public synchronized MasqueradeNic attach(AttachRequest request) {
        MasqueradeSpec spec = MasqueradeSpec.of(request);
        MasqueradeNic attached = attach(spec);
        try {
            store.put(spec.name(), request);
        } catch (RuntimeException e) {
            remove(spec.name());
            throw e;
        }
        journal.record(
                "Attached",
                spec.name(),
                "netns="
                        + spec.netns()
                        + " guest="
                        + spec.guest()
                        + " pod="
                        + NicViews.podAddresses(attached));
        return attached;
    }

    private MasqueradeNic attach(MasqueradeSpec spec) {
        if (nicByName.containsKey(spec.name())) {
            throw new AlreadyExistsException("NIC is attached already: name=" + spec.name());
        }
        Object netns = identity(spec.netns());
        for (MasqueradeNic other : nicByName.values()) {
            if (other.spec().uplink().equals(spec.uplink())
                    && identity(other.spec().netns()).equals(netns)) {
                throw new AlreadyExistsException(
                        "uplink carries another NIC already: uplink="
                                + spec.uplink()
                                + " netns="
                                + spec.netns()
                                + " nic="
                                + other.spec().name());
            }
        }
        WorkerThread worker =
                workers.stream().min(Comparator.comparingInt(WorkerThread::nics)).orElseThrow();
        MasqueradeNic attached = open(spec, worker);
        worker.nics(worker.nics() + 1);
        nicByName.put(spec.name(), attached);
        changed();
        String unread = attached.resolvConf().describeUnread();
        if (!unread.isEmpty()) {
            journal.record("ResolverCut", spec.name(), "the guest is not told: " + unread);
        }
        LOG.info(
                "attached: nic={} netns={} guest={} worker={}",
                spec.name(),
                spec.netns(),
                spec.guest(),
                worker.number());
        return attached;
    }

    private MasqueradeNic open(MasqueradeSpec spec, WorkerThread worker) {
        int number = numbers.take(spec.name());
        try {
            return new MasqueradeNic(number, spec, worker, hooks);
        } catch (RuntimeException e) {
            numbers.give(number);
            throw e;
        }
    }

    /** Checked whole before anything changes, and kept for the next start. */
    public synchronized MasqueradeNic update(String name, NatSettings changes) {
        MasqueradeNic attached = find(name);
        MasqueradeSpec before = attached.spec();
        MasqueradeSpec changed = before.with(changes);
        attached.change(changed);
        try {
            store.put(changed.name(), changed.request());
        } catch (RuntimeException e) {
            attached.change(before);
            throw e;
        }
        String words = NatSettingsReader.describe(changes);
        journal.record("Changed", changed.name(), words);
        LOG.info("changed: nic={} {}", changed.name(), words);
        changed();
        return attached;
    }

    public synchronized void announce(String name) {
        MasqueradeNic attached = find(name);
        attached.worker()
                .ask(
                        on -> {
                            attached.responders().announce();
                            return null;
                        });
        journal.record("Announced", attached.spec().name(), "the gateway to the guest");
    }

    public synchronized void detach(String name) {
        MasqueradeNic attached = find(name);
        String fullName = attached.spec().name();
        remove(fullName);
        store.remove(fullName);
        journal.record("Detached", fullName, "the pod's network is as it was");
        LOG.info("detached: nic={}", fullName);
    }

    private void remove(String fullName) {
        MasqueradeNic attached = nicByName.get(fullName);
        attached.close(); // where that fails the NIC stays listed, and its number taken
        nicByName.remove(fullName);
        numbers.give(attached.nic().id());
        attached.worker().nics(attached.worker().nics() - 1);
        changed();
    }

    /** By MACHINE/INTERFACE, or by MACHINE where it has one NIC. */
    public synchronized MasqueradeNic find(String name) {
        MasqueradeNic exact = nicByName.get(name);
        if (exact != null) {
            return exact;
        }
        List<MasqueradeNic> ofMachine =
                nicByName.values().stream()
                        .filter(nic -> nic.spec().machine().equals(name))
                        .toList();
        if (ofMachine.size() != 1) {
            throw new NotFoundException("no such NIC: name=" + name);
        }
        return ofMachine.getFirst();
    }

    public synchronized boolean isAttached(Attachment attached) {
        return nicByName.get(attached.name()) == attached;
    }

    /** {@link #find} finds one. */
    public synchronized boolean has(String name) {
        return nicByName.containsKey(name)
                || nicByName.values().stream()
                                .filter(nic -> nic.spec().machine().equals(name))
                                .count()
                        == 1;
    }

    public synchronized List<MasqueradeNic> all() {
        return new ArrayList<>(nicByName.values());
    }

    Collection<WorkerThread> workers() {
        return workers;
    }

    private synchronized void changed() {
        generation++;
        notifyAll();
    }

    /** Waits until NICs came or went since {@code seen}, or for the time; the generation now. */
    public synchronized long awaitChange(long seen, long milliseconds) throws InterruptedException {
        if (generation == seen) {
            wait(milliseconds);
        }
        return generation;
    }

    /** Two names of one namespace are one namespace. */
    private static Object identity(String netns) {
        Path path = Netns.path(netns);
        try {
            return Files.getAttribute(path, "unix:ino");
        } catch (IOException e) {
            return path;
        }
    }

    /** Ends all NICs for this run; they stay attached for the next. */
    @Override
    public synchronized void close() {
        for (MasqueradeNic attached : nicByName.values()) {
            try {
                attached.close();
            } catch (RuntimeException e) { // the others are closed all the same
                LOG.warn("not closed cleanly: nic={}", attached.spec().name(), e);
            }
        }
        nicByName.clear();
    }
}
