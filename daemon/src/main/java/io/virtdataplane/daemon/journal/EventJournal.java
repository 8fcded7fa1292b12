package io.virtdataplane.daemon.journal;

import io.virtdataplane.api.Event;
import io.virtdataplane.dataplane.EventRing;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/**
 * What happened on this node, kept over restarts in a Chronicle Queue of bounded size. One thread
 * writes: it drains the rings of the packet threads, which never touch a file, and the queue of the
 * control threads. Too many events in a second are counted and left out, so that a guest cannot
 * fill the disk.
 */
public final class EventJournal implements AutoCloseable {
    private static final int EVENTS_A_SECOND = 20;
    private static final int PENDING = 4096;
    private static final long END_MS = 5000;
    private static final long RETRY_NS = 1_000_000_000L;

    /** Takes events one by one, and says whether it wants more. */
    public interface Receiver {
        boolean receive(Event event) throws InterruptedException;
    }

    /**
     * Events since the start.
     *
     * @param written kept
     * @param limited left out: too many of one NIC in a second
     * @param overflowed lost: a queue was full
     * @param failed lost: the file could not be written
     */
    public record Counts(long written, long limited, long overflowed, long failed) {}

    private record Source(EventRing ring, IntFunction<String> faults) {}

    private final JournalFile file;
    private final List<Source> sources = new CopyOnWriteArrayList<>();
    private final Map<Integer, String> nicNames = new ConcurrentHashMap<>();
    private final Queue<Event> pending = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pendingCount = new AtomicInteger();
    private final Thread thread;
    private volatile boolean closed;
    private final Map<String, Integer> countByNic = new HashMap<>();
    private long second;
    private volatile long written; // one writer each: the journal's thread
    private volatile long limited;
    private volatile long failed;
    private long told; // of those, by an event
    private final AtomicLong refused = new AtomicLong();

    public EventJournal(Path stateDirectory, long maxBytes) {
        this.file = new JournalFile(stateDirectory.resolve("journal"), maxBytes);
        this.thread = Thread.ofPlatform().name("journal").start(this::run);
    }

    /**
     * The packet thread's events come by {@code ring}; {@code faults} says what fault a number
     * stands for.
     */
    public void drain(EventRing ring, IntFunction<String> faults) {
        sources.add(new Source(ring, faults));
        ring.readBy(thread);
    }

    /** Events carry a NIC's number; this is its name. */
    public void name(int nic, String name) {
        nicNames.put(nic, name);
    }

    /** From control threads. */
    public void record(String kind, String nic, String message) {
        if (pendingCount.incrementAndGet() <= PENDING) {
            pending.add(EventWords.event(kind, nic, message));
        } else {
            pendingCount.decrementAndGet();
            refused.incrementAndGet();
        }
        LockSupport.unpark(thread);
    }

    private void run() {
        boolean isReady = file.isReady();
        while (!closed || !pending.isEmpty()) {
            if (!drainOnce()) {
                LockSupport.parkNanos(this, isReady ? Long.MAX_VALUE : RETRY_NS);
                isReady = file.isReady();
            }
        }
        file.shut();
    }

    private boolean drainOnce() {
        boolean any = false;
        Event next;
        while ((next = pending.poll()) != null) {
            pendingCount.decrementAndGet();
            write(next);
            any = true;
        }
        for (Source source : sources) {
            EventRing.Reader reader =
                    (kind, nic, first, other) ->
                            append(
                                    EventWords.describe(
                                            kind,
                                            nic,
                                            first,
                                            other,
                                            number ->
                                                    nicNames.getOrDefault(number, "nic-" + number),
                                            source.faults()));
            any |= source.ring().drain(reader) > 0;
        }
        return any;
    }

    /** Events of packet threads are limited for each NIC: one guest must not silence the others. */
    private void append(Event event) {
        long now = event.getUnixMs() / 1000;
        if (now != second) {
            countByNic.forEach(
                    (nic, count) -> {
                        if (count > EVENTS_A_SECOND) {
                            write(
                                    EventWords.event(
                                            "EventsLeftOut",
                                            nic,
                                            "count="
                                                    + (count - EVENTS_A_SECOND)
                                                    + " in one second"));
                        }
                    });
            second = now;
            countByNic.clear();
            file.keepBound();
        }
        if (countByNic.merge(event.getNic(), 1, Integer::sum) <= EVENTS_A_SECOND) {
            write(event);
        } else {
            limited = limited + 1;
        }
    }

    /** A full disk costs events, not the journal. */
    private void write(Event event) {
        if (!file.write(event)) {
            failed = failed + 1;
            return;
        }
        written = written + 1;
        if (failed > told) {
            long lost = failed - told;
            told = failed;
            write(EventWords.event("EventsLost", "", "count=" + lost + ", could not be written"));
        }
    }

    /** Why events are lost now, in words. */
    public List<String> warnings() {
        String trouble = file.trouble();
        return trouble.isEmpty() ? List.of() : List.of("events are lost: " + trouble);
    }

    public Counts counts() {
        long lost = sources.stream().mapToLong(source -> source.ring().lost()).sum();
        return new Counts(written, limited, refused.get() + lost, failed);
    }

    /**
     * Gives recorded events, oldest first, in the caller's thread, until {@code to} says false, or,
     * where new ones are not followed, until there are no more.
     */
    public void read(EventQuery query, Receiver to) throws InterruptedException {
        new JournalReader(file, query, () -> closed, to).run();
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join(END_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
