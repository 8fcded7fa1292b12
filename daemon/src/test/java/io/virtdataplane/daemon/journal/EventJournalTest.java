package io.virtdataplane.daemon.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.dataplane.EventRing;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class EventJournalTest {
    private static final int RING = 1024;
    @TempDir private Path directory;

    @Test
    void eventsAreCountedAsWrittenLeftOutOrLost() throws InterruptedException {
        EventRing ring = new EventRing();
        for (int i = 0; i < RING + 3; i++) { // nobody reads yet: three are lost
            ring.emit(EventKind.ADDRESS_SEEN, 7, i, 0);
        }
        try (EventJournal journal = new EventJournal(directory, 1 << 20)) {
            journal.drain(ring, fault -> "");
            journal.record("Started", "", "wakes the journal's thread");
            EventJournal.Counts counts =
                    await(journal, now -> now.written() + now.limited() >= RING + 1);
            assertThat(counts.overflowed()).isEqualTo(3);
            assertThat(counts.failed()).isZero();
            assertThat(counts.limited())
                    .as("20 of a NIC in a second")
                    .isBetween(RING - 20L * 10, RING - 20L);
            int[] read = {0};
            journal.read(false, event -> ++read[0] > 0);
            assertThat(counts.written()).isEqualTo(read[0]);
        }
    }

    private static EventJournal.Counts await(
            EventJournal journal, Predicate<EventJournal.Counts> wanted)
            throws InterruptedException {
        while (!wanted.test(journal.counts())) {
            Thread.sleep(5);
        }
        return journal.counts();
    }
}
