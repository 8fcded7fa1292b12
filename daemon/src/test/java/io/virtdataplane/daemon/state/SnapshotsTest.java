package io.virtdataplane.daemon.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an earlier run has written is read once, and only where it fits. */
class SnapshotsTest {
    private static final byte[] CONTENT = {1, 2, 3, 4, 5, 6, 7, 8};
    @TempDir private Path directory;
    private Snapshots snapshots;

    @BeforeEach
    void make() {
        snapshots = new Snapshots(directory);
    }

    private Path file() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.findFirst().orElseThrow();
        }
    }

    @Test
    void contentIsThereOnce() {
        snapshots.put("vm/default", "key", CONTENT);
        assertThat(snapshots.take("vm/default", "key").content()).isEqualTo(CONTENT);
        assertThat(snapshots.take("vm/default", "key").content()).isEmpty();
        assertThat(snapshots.take("vm/default", "key").setAside()).isEmpty();
    }

    @Test
    void contentOfAnotherKeyIsSetAside() {
        snapshots.put("vm", "10.0.2.2=10.244.1.5", CONTENT);
        Snapshots.Taken taken = snapshots.take("vm", "10.0.2.2=10.244.1.6");
        assertThat(taken.content()).isEmpty();
        assertThat(taken.setAside()).contains("another version, run of the machine or address");
        assertThat(snapshots.take("vm", "10.0.2.2=10.244.1.5").setAside()).isEmpty();
    }

    @Test
    void fileCutAnywhereOrForeignIsSetAside() throws IOException {
        snapshots.put("vm", "key", CONTENT);
        Path file = file();
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            Snapshots.Taken taken = snapshots.take("vm", "key");
            assertThat(taken.content()).as("length " + length).isEmpty();
            assertThat(taken.setAside()).as("length " + length).isNotEmpty();
        }
        Files.writeString(file, "something else");
        assertThat(snapshots.take("vm", "key").setAside()).isNotEmpty();
        Files.createDirectory(file);
        assertThat(snapshots.take("vm", "key").setAside()).contains("not a regular file");
    }
}
