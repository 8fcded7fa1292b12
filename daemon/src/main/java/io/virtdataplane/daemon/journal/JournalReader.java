package io.virtdataplane.daemon.journal;

import com.google.protobuf.InvalidProtocolBufferException;
import io.virtdataplane.api.Event;
import java.util.function.BooleanSupplier;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.TailerDirection;

/**
 * One read of the journal, in the reader's own thread. What is wanted is looked for from the end
 * backwards, so that the cost is that of what is given and not of what is kept.
 */
final class JournalReader {
    private static final long FOLLOW_MS = 100;
    private static final long OPENING_MS = 5000;

    private final JournalFile file;
    private final BooleanSupplier closed;
    private final EventJournal.Receiver to;
    private final Bytes<byte[]> record = Bytes.allocateElasticOnHeap(256);
    private EventQuery query;

    /**
     * @param closed true when the journal ends
     */
    JournalReader(
            JournalFile file, EventQuery query, BooleanSupplier closed, EventJournal.Receiver to) {
        this.file = file;
        this.query = query;
        this.closed = closed;
        this.to = to;
    }

    /**
     * Gives events, oldest first, until the receiver says false, or, where new ones are not
     * followed, until there are no more.
     */
    void run() throws InterruptedException {
        ChronicleQueue read = null;
        String told = "";
        while (!closed.getAsBoolean()) {
            ChronicleQueue open = awaitOpen();
            String why = file.trouble();
            if (open == null && !why.equals(told)) {
                told = why;
                if (!to.receive(EventWords.event("JournalFailed", "", why))) {
                    return;
                }
            }
            if (open != null && open != read) {
                read = open;
                if (!read(open)) {
                    return;
                }
            }
            if (!query.follow()) {
                return;
            }
            Thread.sleep(FOLLOW_MS);
        }
    }

    /** Null where it does not come. */
    private ChronicleQueue awaitOpen() throws InterruptedException {
        long end = System.nanoTime() + OPENING_MS * 1_000_000;
        ChronicleQueue open = file.queue();
        while (open == null && !closed.getAsBoolean() && System.nanoTime() < end) {
            Thread.sleep(FOLLOW_MS / 10);
            open = file.queue();
            if (!file.trouble().isEmpty()) {
                return open;
            }
        }
        return open;
    }

    /** False where the receiver wants no more. */
    private boolean read(ChronicleQueue from) throws InterruptedException {
        try (ExcerptTailer tailer = from.createTailer()) {
            if (!query.isAll()) {
                place(tailer);
            }
            while (!closed.getAsBoolean() && file.queue() == from) {
                if (next(tailer)) {
                    long sequence = tailer.lastReadIndex();
                    query = query.behind(sequence); // of a journal that is opened again: no twice
                    if (!to.receive(parse().toBuilder().setSequence(sequence).build())) {
                        return false;
                    }
                } else if (query.follow()) {
                    Thread.sleep(FOLLOW_MS);
                } else {
                    return true;
                }
            }
        } catch (IllegalStateException
                | InternalError
                | AssertionError e) { // closed meanwhile, or a fault
            return to.receive(EventWords.event("Unreadable", "", "the journal ends here: " + e));
        }
        return true;
    }

    /** Before the oldest record that is wanted; behind the last one where none is. */
    private void place(ExcerptTailer tailer) {
        tailer.direction(TailerDirection.BACKWARD).toEnd();
        long newest = -1;
        long oldest = -1;
        int count = 0;
        while (next(tailer)) {
            long sequence = tailer.lastReadIndex();
            newest = Math.max(newest, sequence);
            boolean isBehind = query.after() > newest || sequence > query.after();
            boolean isWanted = count != query.tail() && isBehind && isRecent();
            if (!isWanted) {
                break;
            }
            oldest = sequence;
            count++;
        }
        tailer.direction(TailerDirection.FORWARD);
        if (oldest != -1) {
            tailer.moveToIndex(oldest);
        } else if (newest != -1) {
            tailer.moveToIndex(newest);
            next(tailer); // and not toEnd, as others may have come meanwhile
        } else {
            tailer.toStart();
        }
    }

    private boolean next(ExcerptTailer tailer) {
        record.clear();
        return tailer.readBytes(record);
    }

    private boolean isRecent() {
        return query.sinceMs() == 0 || parse().getUnixMs() >= query.sinceMs();
    }

    private Event parse() {
        try {
            return Event.parseFrom(record.toByteArray());
        } catch (InvalidProtocolBufferException e) {
            return EventWords.event(
                    "Unreadable", "", "a record of the journal cannot be read: " + e.getMessage());
        }
    }
}
