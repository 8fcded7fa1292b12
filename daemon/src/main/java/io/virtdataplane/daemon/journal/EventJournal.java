package io.virtdataplane.daemon.journal;

import com.google.protobuf.InvalidProtocolBufferException;
import io.virtdataplane.api.Event;
import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.AddressText;
import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
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
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happened on this node, kept over restarts in a Chronicle Queue of bounded size. One thread
 * writes: it drains the rings of the packet threads, which never touch a file, and the queue of the
 * control threads. Too many events in a second are counted and left out, so that a guest cannot
 * fill the disk.
 */
public final class EventJournal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EventJournal.class);
    private static final int EVENTS_A_SECOND = 20;
    private static final int PENDING = 4096;
    private static final long FOLLOW_MS = 100;
    private static final String FILE_SUFFIX = ".cq4";

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

    private final Path directory;
    private final long maxBytes;
    private final ChronicleQueue queue;
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
    private final AtomicLong refused = new AtomicLong();

    public EventJournal(Path stateDirectory, long maxBytes) {
        this.directory = stateDirectory.resolve("journal");
        this.maxBytes = maxBytes;
        this.queue = open();
        this.thread = Thread.ofPlatform().name("journal").start(this::run);
    }

    /** A journal that cannot be read is set aside, not fatal. */
    private ChronicleQueue open() {
        try {
            return builder();
        } catch (RuntimeException e) {
            File aside = new File(directory + ".damaged-" + System.currentTimeMillis());
            LOG.warn(
                    "event journal is damaged, it is renamed and a new one begins: renamedTo={} reason={}",
                    aside,
                    e.getMessage());
            if (!directory.toFile().renameTo(aside)) {
                throw e;
            }
            return builder();
        }
    }

    private ChronicleQueue builder() {
        return SingleChronicleQueueBuilder.binary(directory)
                .rollCycle(RollCycles.FAST_HOURLY)
                .blockSize(1 << 20)
                .build();
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
            pending.add(event(kind, nic, message));
        } else {
            pendingCount.decrementAndGet();
            refused.incrementAndGet();
        }
        LockSupport.unpark(thread);
    }

    private static Event event(String kind, String nic, String message) {
        return Event.newBuilder()
                .setUnixMs(System.currentTimeMillis())
                .setKind(kind)
                .setNic(nic)
                .setMessage(message)
                .build();
    }

    private void run() {
        try (ExcerptAppender appender = queue.createAppender()) {
            Bytes<byte[]> bytes = Bytes.allocateElasticOnHeap(256);
            while (!closed || !pending.isEmpty()) {
                if (!drainOnce(appender, bytes)) {
                    LockSupport.park(this);
                }
            }
        }
    }

    private boolean drainOnce(ExcerptAppender appender, Bytes<byte[]> bytes) {
        boolean any = false;
        Event next;
        while ((next = pending.poll()) != null) {
            pendingCount.decrementAndGet();
            write(appender, bytes, next);
            any = true;
        }
        for (Source source : sources) {
            any |=
                    source.ring()
                                    .drain(
                                            (kind, nic, first, other) ->
                                                    append(
                                                            appender,
                                                            bytes,
                                                            describe(
                                                                    source, kind, nic, first,
                                                                    other)))
                            > 0;
        }
        return any;
    }

    private Event describe(Source source, EventKind kind, int nic, long first, long other) {
        String name = nicNames.getOrDefault(nic, "nic-" + nic);
        return switch (kind) {
            case LEASE ->
                    event(
                            "Lease",
                            name,
                            "address="
                                    + AddressText.ipv4((int) first)
                                    + " mac="
                                    + AddressText.mac(other));
            case DECLINED ->
                    event(
                            "Declined",
                            name,
                            "the guest refused its address, another station uses it: address="
                                    + AddressText.ipv4((int) first)
                                    + " mac="
                                    + AddressText.mac(other));
            case OPTION_CUT ->
                    event(
                            "OptionCut",
                            name,
                            "the longest message that the client takes (option 57) has no room for all of it: option="
                                    + first
                                    + " mac="
                                    + AddressText.mac(other));
            case LEASE6 -> event("Lease", name, "family=IPv6 mac=" + AddressText.mac(other));
            case ADDRESS_SEEN -> event("AddressSeen", name, "mac=" + AddressText.mac(first));
            case FIRST_DROP -> {
                Verdict verdict = Verdict.of((int) first);
                yield event("FirstDrop", name, verdict.label() + ": " + verdict.words());
            }
            case SAME_MAC ->
                    event(
                            "MACCollision",
                            name,
                            "another station on the wire uses the same address: mac="
                                    + AddressText.mac(first)
                                    + " behind="
                                    + nicNames.getOrDefault((int) other, "nic-" + other));
            case FAULT -> event("Fault", name, source.faults().apply((int) first));
        };
    }

    /** Events of packet threads are limited for each NIC: one guest must not silence the others. */
    private void append(ExcerptAppender appender, Bytes<byte[]> bytes, Event event) {
        long now = event.getUnixMs() / 1000;
        if (now != second) {
            countByNic.forEach(
                    (nic, count) -> {
                        if (count > EVENTS_A_SECOND) {
                            write(
                                    appender,
                                    bytes,
                                    event(
                                            "EventsLeftOut",
                                            nic,
                                            "count="
                                                    + (count - EVENTS_A_SECOND)
                                                    + " in one second"));
                        }
                    });
            second = now;
            countByNic.clear();
            keepBound();
        }
        if (countByNic.merge(event.getNic(), 1, Integer::sum) <= EVENTS_A_SECOND) {
            write(appender, bytes, event);
        } else {
            limited = limited + 1;
        }
    }

    /** A full disk costs events, not the journal. */
    private void write(ExcerptAppender appender, Bytes<byte[]> bytes, Event event) {
        try {
            bytes.clear();
            bytes.write(event.toByteArray());
            appender.writeBytes(bytes);
            written = written + 1;
        } catch (RuntimeException e) {
            if (failed == 0) {
                LOG.error(
                        "event not written; further failures are not logged: kind={}",
                        event.getKind(),
                        e);
            }
            failed = failed + 1;
        }
    }

    /** Deletes the oldest hours while the journal is over its bound; the running one stays. */
    private void keepBound() {
        File[] files = directory.toFile().listFiles((in, name) -> name.endsWith(FILE_SUFFIX));
        if (files == null || files.length < 2) {
            return;
        }
        Arrays.sort(files, Comparator.comparing(File::getName));
        long total = Arrays.stream(files).mapToLong(File::length).sum();
        for (int i = 0; i < files.length - 1 && total > maxBytes; i++) {
            total -= files[i].length();
            if (!files[i].delete()) {
                LOG.warn("journal file not deleted: file={}", files[i]);
            }
        }
    }

    public Counts counts() {
        long lost = sources.stream().mapToLong(source -> source.ring().lost()).sum();
        return new Counts(written, limited, refused.get() + lost, failed);
    }

    /**
     * Gives recorded events, oldest first, until {@code to} says false, or, without {@code follow},
     * until there are no more.
     */
    public void read(boolean follow, Receiver to) throws InterruptedException {
        Bytes<byte[]> bytes = Bytes.allocateElasticOnHeap(256);
        try (ExcerptTailer tailer = queue.createTailer()) {
            while (!closed) {
                bytes.clear();
                if (!tailer.readBytes(bytes)) {
                    if (!follow) {
                        return;
                    }
                    Thread.sleep(FOLLOW_MS);
                } else if (!to.receive(parse(bytes))) {
                    return;
                }
            }
        }
    }

    private static Event parse(Bytes<byte[]> bytes) {
        try {
            return Event.parseFrom(bytes.toByteArray());
        } catch (InvalidProtocolBufferException e) {
            return event(
                    "Unreadable", "", "a record of the journal cannot be read: " + e.getMessage());
        }
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            thread.join(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        queue.close();
    }
}
