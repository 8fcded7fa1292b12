package io.virtdataplane.daemon.attach;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.rpc.AlreadyExistsException;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.dataplane.Worker;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The one registry of what is attached on this node: guests' NICs of all families, and the other
 * ports of bridges. A name and a number are taken before anything is opened, so that nothing is
 * opened twice; the number is in events, and the ports of its owner are twice the number and the
 * one after. Listed is what is whole.
 */
public final class Attachments {
    private static final int MOST = Worker.MAX_PORTS / 2;
    private final BitSet used = new BitSet();
    private final Map<String, Integer> numberByName = new HashMap<>();
    private final Map<String, Attachment> attachmentByName = new TreeMap<>();
    private final EventJournal journal;
    private volatile Runnable follower = () -> {};
    private long generation;

    public Attachments(EventJournal journal) {
        this.journal = journal;
    }

    public synchronized int take(String name) {
        if (numberByName.containsKey(name)) {
            throw new AlreadyExistsException("NIC is attached already: name=" + name);
        }
        int number = used.nextClearBit(0);
        if (number >= MOST) {
            throw new IllegalArgumentException(
                    "NICs and bridge ports of this node must be at most " + MOST);
        }
        used.set(number);
        numberByName.put(name, number);
        journal.name(number, name);
        return number;
    }

    /** Whoever has taken the name needs it no more. */
    public synchronized void give(String name) {
        Integer number = numberByName.remove(name);
        if (number != null) {
            used.clear(number);
        }
    }

    /** Somebody has taken the name: it is attached, or on the way to be, or from it. */
    public synchronized boolean isTaken(String name) {
        return numberByName.containsKey(name);
    }

    /** From now on it is found. */
    public void add(Attachment attachment) {
        synchronized (this) {
            attachmentByName.put(attachment.name(), attachment);
        }
        changed();
    }

    /** False where it was removed before. */
    public boolean remove(Attachment attachment) {
        boolean removed;
        synchronized (this) {
            removed = attachmentByName.remove(attachment.name(), attachment);
        }
        changed();
        return removed;
    }

    /** It is run after each change, by whoever made it, and holds up nobody else. */
    public void follow(Runnable other) {
        follower = other;
    }

    public synchronized boolean has(Attachment attachment) {
        return attachmentByName.get(attachment.name()) == attachment;
    }

    /** By its name, or as {@link #nic} does. */
    public synchronized Attachment find(String name) {
        Attachment exact = attachmentByName.get(name);
        return exact != null ? exact : nic(name);
    }

    /** By MACHINE/INTERFACE; by MACHINE where it has one NIC, or one on the pod network. */
    public synchronized AttachedNic nic(String name) {
        if (attachmentByName.get(name) instanceof AttachedNic exact) {
            return exact;
        }
        List<AttachedNic> own = nics().stream().filter(nic -> nic.machine().equals(name)).toList();
        List<AttachedNic> first = own.stream().filter(AttachedNic::isOnPodNetwork).toList();
        if (first.size() == 1 || own.size() == 1) {
            return first.size() == 1 ? first.getFirst() : own.getFirst();
        }
        if (own.isEmpty()) {
            throw NotFoundException.of("NIC", name);
        }
        throw NotFoundException.of(
                "NIC",
                name,
                "choose one of "
                        + own.stream().map(Attachment::name).collect(Collectors.joining(", ")));
    }

    /** The guests' NICs, in order. */
    public synchronized List<AttachedNic> nics() {
        return attachmentByName.values().stream()
                .filter(AttachedNic.class::isInstance)
                .map(AttachedNic.class::cast)
                .toList();
    }

    /** Whoever waits for a change looks again. */
    public void changed() {
        synchronized (this) {
            generation++;
            notifyAll();
        }
        follower.run();
    }

    /**
     * Waits until something came or went since {@code seen}, or for the time; the generation now.
     */
    public synchronized long awaitChange(long seen, long milliseconds) throws InterruptedException {
        if (generation == seen) {
            wait(milliseconds);
        }
        return generation;
    }
}
