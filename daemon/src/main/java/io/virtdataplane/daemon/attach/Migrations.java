package io.virtdataplane.daemon.attach;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.dataplane.VifState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a live migration asks of this node: a NIC that its guest leaves is drained, one that a guest
 * comes to is silent until the guest's first frame, and then it is announced.
 */
public final class Migrations implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Migrations.class);
    private static final long END_MS = 2000;
    private final Attachments attachments;
    private final Nics nics;
    private final EventJournal journal;
    private final Announcements announcements;
    private final Set<AttachedNic> awaited = ConcurrentHashMap.newKeySet();
    private final Thread arrivals;
    private volatile boolean closed;

    public Migrations(Attachments attachments, Nics nics, EventJournal journal) {
        this.attachments = attachments;
        this.nics = nics;
        this.journal = journal;
        this.announcements = new Announcements(attachments, journal);
        this.arrivals = Thread.ofPlatform().daemon().name("arrivals").start(this::awaitArrivals);
    }

    /** Called when a NIC came, went or changed: of one that is incoming the guest is awaited. */
    public void look() {
        for (AttachedNic nic : attachments.nics()) {
            if (nic.state() == VifState.INCOMING && awaited.add(nic)) {
                nic.vif().follow(arrivals);
                LockSupport.unpark(arrivals); // it may have come before
            }
        }
    }

    private void awaitArrivals() {
        while (!closed) {
            for (AttachedNic nic : awaited) {
                if (nic.state() != VifState.INCOMING || !attachments.has(nic)) {
                    awaited.remove(nic);
                    arrived(nic);
                }
            }
            LockSupport.park(this);
        }
    }

    /** Announced first: each millisecond counts, and the disk may be slow. */
    private void arrived(AttachedNic nic) {
        if (nic.state() != VifState.ACTIVE || !attachments.has(nic)) {
            return;
        }
        try {
            announcements.begin(nic);
            synchronized (nic) {
                if (nic.state() == VifState.ACTIVE) { // not drained meanwhile
                    settle(nic);
                }
            }
        } catch (RuntimeException e) {
            LOG.warn("not all is done for a guest that has come: nic={}", nic.name(), e);
        }
    }

    private void settle(AttachedNic nic) {
        nic.state(VifState.ACTIVE);
        journal.record("Arrived", nic.name(), "the guest has sent its first frame here");
        LOG.info("guest has come: nic={}", nic.name());
        nics.keepState(nic.name(), VifState.ACTIVE);
        attachments.changed();
    }

    /** The NIC's guest is still on another node; nothing changes where it has been drained. */
    public void expect(String name) {
        AttachedNic nic = attachments.nic(name);
        synchronized (nic) {
            if (nic.state() != VifState.ACTIVE) {
                return;
            }
            nics.keepState(nic.name(), VifState.INCOMING);
            nic.state(VifState.INCOMING);
        }
        journal.record("Awaited", nic.name(), "the guest is on its way from another node");
        LOG.info("guest is on its way: nic={}", nic.name());
        attachments.changed();
    }

    /** Of an incoming NIC it says that the guest is here. */
    public void announce(String name) {
        AttachedNic nic = attachments.nic(name);
        if (nic.state() == VifState.DRAINED) {
            throw new IllegalArgumentException(
                    "name must not be a drained NIC (its guest is on another node): name="
                            + nic.name());
        }
        announcements.begin(nic);
        synchronized (nic) {
            if (nic.state() == VifState.INCOMING) {
                awaited.remove(nic);
                settle(nic);
            }
        }
    }

    /**
     * Drains a NIC, or all of a machine, or gives them back their guest.
     *
     * @return their names
     */
    public List<String> drain(String name, boolean cancel) {
        List<AttachedNic> all = new ArrayList<>(attachments.nics());
        all.removeIf(nic -> !nic.machine().equals(name));
        if (all.isEmpty()) {
            all.add(attachments.nic(name));
        }
        for (AttachedNic nic : all) {
            synchronized (nic) {
                boolean isDrained = nic.state() == VifState.DRAINED;
                if (isDrained == cancel) {
                    change(nic, cancel ? VifState.ACTIVE : VifState.DRAINED);
                }
            }
        }
        attachments.changed();
        return all.stream().map(AttachedNic::name).toList();
    }

    private void change(AttachedNic nic, VifState to) {
        nics.keepState(nic.name(), to);
        nic.state(to);
        boolean isBack = to == VifState.ACTIVE;
        journal.record(
                isBack ? "DrainCancelled" : "Drained",
                nic.name(),
                isBack ? "the guest stays" : "nothing is taken from the guest or for it");
        LOG.info("{}: nic={}", isBack ? "drain cancelled" : "drained", nic.name());
        if (isBack) {
            announceAgain(nic);
        }
    }

    /** Its station may have been learned elsewhere. That it stays does not hang on that. */
    private void announceAgain(AttachedNic nic) {
        try {
            announcements.begin(nic);
        } catch (RuntimeException e) {
            LOG.warn("not announced: nic={} reason={}", nic.name(), e.getMessage());
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(arrivals);
        announcements.close();
        try {
            arrivals.join(END_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
