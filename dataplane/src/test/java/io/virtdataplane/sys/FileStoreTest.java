package io.virtdataplane.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStoreTest {
    private static final byte[] ONE = "one".getBytes(StandardCharsets.UTF_8);
    private static final byte[] TWO = "two".getBytes(StandardCharsets.UTF_8);
    @TempDir private Path directory;

    @Test
    void contentAndNameAreOnTheDiskBeforeEachChangeReturns() throws IOException {
        Path own = directory.resolve("store");
        FileStore store = new FileStore(own, ".yaml");
        assertThat(forced(() -> store.put("a", ONE))).containsExactly(own.resolve("a.new"), own);
        assertThat(forced(() -> store.create("b", ONE))).containsExactly(own.resolve("b.new"), own);
        assertThat(forced(() -> store.remove("a"))).containsExactly(own);
    }

    /** What was forced to the disk, in order: the JVM itself records each fsync(2). */
    private List<Path> forced(Runnable change) throws IOException {
        Path file = directory.resolve("events.jfr");
        try (Recording recording = new Recording()) {
            recording.enable("jdk.FileForce").withThreshold(Duration.ZERO);
            recording.start();
            change.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream()
                .map((RecordedEvent event) -> Path.of(event.getString("path")))
                .toList();
    }

    @Test
    void ofSeveralWhoCreateOneOnlySucceeds() throws IOException {
        FileStore store = new FileStore(directory, "");
        assertThat(store.create("a", ONE)).isTrue();
        assertThat(store.create("a", TWO)).isFalse();
        assertThat(Files.readAllBytes(store.file("a"))).isEqualTo(ONE);
        store.put("a", TWO);
        assertThat(Files.readAllBytes(store.file("a"))).isEqualTo(TWO);
        assertThat(store.files()).containsExactly(store.file("a"));
        assertThat(store.remove("a")).isTrue();
        assertThat(store.remove("a")).isFalse();
    }

    @Test
    void whatCannotBeWrittenIsNamed() throws IOException {
        Path own = directory.resolve("gone");
        FileStore store = new FileStore(own, ".yaml");
        Files.delete(own);
        assertThatThrownBy(() -> store.put("a", ONE))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("write " + own.resolve("a.yaml") + ": No such file or directory");
    }

    @Test
    void longNamesAreCutAndStayApart() {
        FileStore store = new FileStore(directory, ".yaml");
        String first = store.shortened("n".repeat(300) + "1");
        String second = store.shortened("n".repeat(300) + "2");
        assertThat(first).isNotEqualTo(second);
        store.put(first, ONE);
        store.put(second, TWO);
        assertThat(store.files()).hasSize(2);
    }
}
