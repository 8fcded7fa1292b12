package io.virtdataplane.daemon.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.dataplane.EventRing;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class EventJournalTest {
    private static final int RING = 1024;
    private static final int CUTS = 54;
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
            journal.read(EventQuery.all(), event -> ++read[0] > 0);
            assertThat(counts.written()).isEqualTo(read[0]);
        }
    }

    /** A power cut can leave any of its files short; what is damaged is said and set aside. */
    @Test
    void eventsAreReadableAfterACutAtAnyOffset() throws Exception {
        Path whole = Files.createDirectories(directory.resolve("whole"));
        try (EventJournal journal = new EventJournal(whole, 1 << 20)) {
            for (int i = 0; i < 60; i++) {
                journal.record("Old", "vm", "event " + i + " x".repeat(i % 40));
            }
            await(journal, now -> now.written() >= 60);
        }
        Path file;
        try (Stream<Path> all = Files.list(whole.resolve("journal"))) {
            file = all.filter(each -> each.toString().endsWith(".cq4")).findFirst().orElseThrow();
        }
        long used = lastUsed(file);
        List<String> failed = new ArrayList<>();
        for (int i = 0; i < CUTS; i++) {
            long cut = i < 8 ? i * 7L : used * (i - 8) / (CUTS - 9);
            Path state = copy(whole, directory.resolve("cut-" + i));
            try (FileChannel channel =
                    FileChannel.open(
                            state.resolve("journal").resolve(file.getFileName()),
                            StandardOpenOption.WRITE)) {
                channel.truncate(cut);
            }
            List<String> read = newEventAfter(state);
            if (!read.contains("New")) {
                failed.add("cut at " + cut + ": " + read);
            }
        }
        assertThat(failed).isEmpty();
    }

    private static List<String> newEventAfter(Path state) throws InterruptedException {
        try (EventJournal journal = new EventJournal(state, 1 << 20)) {
            journal.record("New", "vm", "after the cut");
            await(journal, now -> now.written() + now.failed() >= 1);
            List<String> kinds = new ArrayList<>();
            journal.read(EventQuery.all(), event -> kinds.add(event.getKind()));
            return kinds;
        }
    }

    /** Where the zeros begin that the file is extended by. */
    private static long lastUsed(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int last = bytes.length - 1;
        while (bytes[last] == 0) {
            last--;
        }
        return last + 1L;
    }

    private static Path copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path each : all.toList()) {
                Files.copy(each, to.resolve(from.relativize(each)));
            }
        }
        return to;
    }

    @Test
    void journalThatIsNoDirectoryIsSetAside() throws Exception {
        Files.writeString(directory.resolve("journal"), "a stranger's");
        assertThat(newEventAfter(directory)).contains("New");
        try (Stream<Path> all = Files.list(directory)) {
            assertThat(all.map(each -> each.getFileName().toString()))
                    .anyMatch(name -> name.startsWith("journal.damaged-"));
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
