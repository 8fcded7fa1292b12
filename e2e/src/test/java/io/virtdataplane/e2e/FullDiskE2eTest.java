package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.journal.EventQuery;
import io.virtdataplane.daemon.state.StateProbe;
import io.virtdataplane.sys.FileStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a disk that is full, or read-only, costs: on a real one of 12 MiB. */
@RootTest
@Timeout(120)
class FullDiskE2eTest {
    private static final int SECONDS = 20;
    @TempDir private Path directory;
    private Shell shell;
    private Path disk;

    @BeforeEach
    void mount() throws IOException {
        shell = new Shell(Files.createDirectories(directory.resolve("shell")));
        disk = Files.createDirectories(directory.resolve("disk"));
        shell.must("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", disk.toString());
    }

    @AfterEach
    void unmount() {
        shell.must("umount", "-l", disk.toString());
        shell.close();
    }

    private void fill() {
        shell.sh("dd if=/dev/zero of=" + disk.resolve("filler") + " bs=64k 2>/dev/null || true");
    }

    private static List<String> kinds(EventJournal journal) {
        List<String> kinds = new ArrayList<>();
        try {
            journal.read(EventQuery.all(), event -> kinds.add(event.getKind()));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return kinds;
    }

    @Test
    void journalThatStartsOnAFullDiskCountsAndWritesWhenThereIsRoom() throws IOException {
        fill();
        try (EventJournal journal = new EventJournal(disk, 1 << 20)) {
            journal.record("Lost", "", "no room");
            Wait.until("the loss", SECONDS, journal::counts, counts -> counts.failed() == 1);
            assertThat(journal.warnings()).first().asString().contains("No space left on device");
            assertThat(kinds(journal)).containsExactly("JournalFailed");
            Files.delete(disk.resolve("filler"));
            Wait.until("room", SECONDS, journal::warnings, List::isEmpty);
            journal.record("Kept", "", "there is room");
            Wait.until("the event", SECONDS, () -> kinds(journal), kinds -> kinds.size() == 2);
            assertThat(kinds(journal)).containsExactly("Kept", "EventsLost");
        }
    }

    /** Chronicle writes through a mapping: without room a write is a fault, not an error. */
    @Test
    void journalOutlivesADiskThatFillsUpWhileItIsWritten() throws IOException {
        try (EventJournal journal = new EventJournal(disk, 1 << 20)) {
            journal.record("Before", "", "");
            Wait.until("the event", SECONDS, journal::counts, counts -> counts.written() == 1);
            fill();
            Wait.until("losses", SECONDS, () -> burst(journal), counts -> counts.failed() > 2000);
            Files.delete(disk.resolve("filler"));
            long failed = journal.counts().failed();
            Wait.until(
                    "an event that is kept",
                    SECONDS,
                    () -> {
                        journal.record("After", "", "");
                        return kinds(journal);
                    },
                    kinds -> kinds.contains("After") && kinds.contains("EventsLost"));
            assertThat(journal.counts().failed()).isGreaterThanOrEqualTo(failed);
        }
    }

    private static EventJournal.Counts burst(EventJournal journal) {
        for (int i = 0; i < 1000; i++) {
            journal.record("Burst", "", "x".repeat(1000));
        }
        return journal.counts();
    }

    @Test
    void journalOnAReadOnlyDiskSaysSoAtOnce() {
        shell.must("mount", "-o", "remount,ro", disk.toString());
        long start = System.nanoTime();
        try (EventJournal journal = new EventJournal(disk, 1 << 20)) {
            Wait.until("the reason", SECONDS, journal::warnings, said -> !said.isEmpty());
            assertThat(journal.warnings()).first().asString().contains("Read-only file system");
        }
        assertThat((System.nanoTime() - start) / 1_000_000).as("ms").isLessThan(2000);
    }

    @Test
    void stateThatCannotBeWrittenIsSaidWithItsReasonAndTheDaemonStartsAllTheSame()
            throws IOException {
        fill();
        List<String> reports = new ArrayList<>();
        StateProbe probe = new StateProbe(disk, reports::add);
        assertThat(probe.warnings()).first().asString().contains("No space left on device");
        FileStore store = new FileStore(disk.resolve("store"), ".x");
        assertThatThrownBy(() -> store.put("a", "content".getBytes(StandardCharsets.UTF_8)))
                .hasMessageEndingWith("No space left on device");
        Files.delete(disk.resolve("filler"));
        store.put("a", "content".getBytes(StandardCharsets.UTF_8));
        probe.look();
        assertThat(reports).hasSize(2).last().isEqualTo("");
    }

    @Test
    void daemonOnAFullOrReadOnlyDiskIsReadyAndGetSaysWhy() throws IOException {
        try (Lab lab = new Lab()) {
            Path state = Files.createDirectories(lab.shell.directory().resolve("state"));
            shell.must("mount", "--bind", disk.toString(), state.toString());
            try {
                fill();
                lab.daemon();
                assertSaid(lab, "No space left on device");
                lab.endDaemon();
                shell.must("mount", "-o", "remount,ro", disk.toString());
                lab.daemon();
                assertSaid(lab, "Read-only file system");
                lab.endDaemon();
            } finally {
                shell.must("umount", "-l", state.toString());
            }
        }
    }

    private static void assertSaid(Lab lab, String reason) {
        assertThat(lab.client("get", "nics").out())
                .contains("Warning: state directory takes no files")
                .contains("Warning: events are lost")
                .contains(reason);
    }
}
