package io.virtdataplane.daemon.journal;

import io.virtdataplane.api.Event;
import io.virtdataplane.sys.IoReason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.queue.ChronicleQueue;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.RollCycles;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal on the disk. It may be missing for a time: where the disk is full, cannot be written
 * to, or what is there cannot be read, events are lost and counted, and the daemon goes on. One
 * thread writes, any may read.
 */
final class JournalFile {
    private static final Logger LOG = LoggerFactory.getLogger(JournalFile.class);
    private static final long RETRY_NS = 1_000_000_000L;

    /**
     * The queue is written through mappings, where a full disk is a fault and no error: this much
     * is left free, so that it does not come to that.
     */
    private static final long ROOM = 4L << 20;

    private static final int BLOCK = 1 << 20; // of a mapping
    private static final int LOOK_BYTES = 256 << 10; // written between two looks at the room
    private final JournalDirectory directory;
    private final Complaint complaint =
            new Complaint(LOG, "event journal is not written, tried again");
    private Bytes<byte[]> bytes; // not in the constructor: Chronicle takes its time to load
    private volatile ChronicleQueue queue; // null while it cannot be written
    private volatile String trouble = ""; // why
    private ExcerptAppender appender;
    private ExcerptTailer
            verifier; // has read all that was there; null once it has read what we wrote
    private boolean hasTried;
    private long triedNs;
    private long lookedNs;
    private int unlooked;

    JournalFile(Path path, long maxBytes) {
        this.directory = new JournalDirectory(path, maxBytes);
    }

    /** Null while it cannot be written. */
    ChronicleQueue queue() {
        return queue;
    }

    /** Why events are lost now; empty: they are not. */
    String trouble() {
        return trouble;
    }

    /** False where it is lost. Journal's thread only. */
    boolean write(Event event) {
        byte[] content = event.toByteArray();
        return succeeds(() -> isOpen() && hasRoom(content.length) && written(content));
    }

    /** False where events would be lost now. Journal's thread only. */
    boolean isReady() {
        return succeeds(() -> isOpen() && hasRoom(0));
    }

    private interface Work {
        boolean run() throws IOException;
    }

    private boolean succeeds(Work work) {
        try {
            return work.run();
        } catch (IOException e) {
            failed(IoReason.of(e));
        } catch (RuntimeException
                | InternalError
                | AssertionError e) { // InternalError: a fault in a mapping; Chronicle asserts
            failed(e.toString());
        }
        return false;
    }

    private boolean written(byte[] content) throws IOException {
        if (verifier == null) {
            append(content);
            return true;
        }
        String damage = firstWritten(content);
        if (damage.isEmpty()) {
            return true;
        }
        setAside(damage);
        append(content);
        return isRead(content);
    }

    /** Of this run: what is wrong with the journal that it found; empty: nothing. */
    private String firstWritten(byte[] content) {
        try {
            append(content);
            return isRead(content) ? "" : "what is written to it cannot be read again";
        } catch (Exception
                | InternalError
                | AssertionError e) { // Chronicle throws checked ones undeclared
            return e.toString();
        }
    }

    private void append(byte[] content) {
        bytes.clear();
        bytes.write(content);
        appender.writeBytes(bytes);
    }

    /** The one who has read all that was there before comes to what was just written, or never. */
    private boolean isRead(byte[] content) {
        Bytes<byte[]> read = Bytes.allocateElasticOnHeap(content.length + 1);
        boolean same = verifier.readBytes(read) && Arrays.equals(read.toByteArray(), content);
        verifier.close();
        verifier = null;
        return same;
    }

    private void failed(String reason) {
        shut();
        trouble = reason;
        complaint.raise(reason);
    }

    private boolean isOpen() throws IOException {
        if (queue != null) {
            return true;
        }
        long now = System.nanoTime();
        if (hasTried && now - triedNs < RETRY_NS) {
            return false;
        }
        hasTried = true;
        triedNs = now;
        directory.mustTakeFiles();
        if (!hasRoomNow()) {
            return false;
        }
        try {
            open();
        } catch (Exception | InternalError | AssertionError e) { // as above
            setAside(e.toString());
        }
        complaint.settle();
        trouble = "";
        return true;
    }

    /** Opens the queue and reads all that is there. */
    private void open() {
        ChronicleQueue opened =
                SingleChronicleQueueBuilder.binary(directory.path())
                        .rollCycle(RollCycles.FAST_HOURLY)
                        .blockSize(BLOCK)
                        .timeoutMS(1000)
                        .build();
        bytes = Bytes.allocateElasticOnHeap(256);
        ExcerptTailer tailer = null;
        try {
            tailer = opened.createTailer();
            bytes.clear();
            while (tailer.readBytes(bytes)) {
                bytes.clear();
            }
            appender = opened.createAppender();
        } catch (RuntimeException | InternalError | AssertionError e) {
            opened.close();
            throw e;
        }
        verifier = tailer;
        queue = opened;
    }

    /**
     * Keeps a journal that cannot be gone on with for somebody to look at, and begins a new one.
     */
    private void setAside(String reason) throws IOException {
        shut();
        Path aside = directory.setAside();
        LOG.warn(
                "event journal is damaged, it is renamed and a new one begins: renamedTo={}"
                        + " reason={}",
                aside,
                reason);
        open();
        verifier.close();
        verifier = null;
        append(
                EventWords.event("JournalSetAside", "", "renamedTo=" + aside + " reason=" + reason)
                        .toByteArray());
        verifier = queue.createTailer().toEnd();
    }

    private boolean hasRoom(int length) {
        unlooked += length;
        long now = System.nanoTime();
        if (trouble.isEmpty() && unlooked < LOOK_BYTES && now - lookedNs < RETRY_NS) {
            return true;
        }
        if (!trouble.isEmpty() && now - lookedNs < RETRY_NS) {
            return false;
        }
        unlooked = 0;
        lookedNs = now;
        return hasRoomNow();
    }

    private boolean hasRoomNow() {
        if (directory.room() < ROOM) {
            trouble = "No space left on device: free=" + directory.room() + " needed=" + ROOM;
            complaint.raise("No space left on device");
            return false;
        }
        trouble = "";
        complaint.settle();
        return true;
    }

    /** Journal's thread only. */
    void keepBound() {
        directory.keepBound();
    }

    /** Journal's thread only. */
    void shut() {
        ChronicleQueue open = queue;
        queue = null;
        verifier = null;
        appender = null;
        if (open != null) {
            try {
                open.close();
            } catch (RuntimeException | InternalError | AssertionError e) {
                LOG.warn("event journal not closed cleanly: reason={}", e.toString());
            }
        }
    }
}
