package io.virtdataplane.daemon.state;

import io.virtdataplane.sys.FileStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tables as they were when the daemon stopped, for its next run on the same run of the machine: a
 * file each, read once. Its first line says what it holds for.
 *
 * <pre>
 *   "virt-dataplane snapshot 1 boot=ID for=KEY\n"    content
 * </pre>
 */
public final class Snapshots {
    private static final Logger LOG = LoggerFactory.getLogger(Snapshots.class);
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final int DIGITS = 16;
    private final ObjectStore<byte[]> store;
    private final String boot;

    /** The content and its line. */
    private static final class Whole implements ObjectStore.Format<byte[]> {
        @Override
        public byte[] write(byte[] object) {
            return object;
        }

        @Override
        public byte[] read(byte[] content) {
            return content;
        }
    }

    /**
     * What was there.
     *
     * @param content empty: nothing, or nothing that can be used
     * @param setAside why it cannot be used, or empty
     */
    public record Taken(byte[] content, String setAside) {}

    public Snapshots(Path directory) {
        store = ObjectStore.byDigest(directory, ".snapshot", new Whole());
        boot = boot();
    }

    private static String boot() {
        try {
            return Files.readString(BOOT).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }

    /** Which state directory it is, whatever its path: 16 hexadecimal digits. */
    public static String identity(Path stateDirectory) {
        try {
            String inode =
                    Files.getAttribute(stateDirectory, "unix:dev")
                            + ":"
                            + Files.getAttribute(stateDirectory, "unix:ino");
            return FileStore.digest(inode).substring(0, DIGITS);
        } catch (IOException e) {
            return FileStore.digest(stateDirectory.toString()).substring(0, DIGITS);
        }
    }

    /**
     * @param key what it holds for; a line of text
     */
    public void put(String name, String key, byte[] content) {
        byte[] line = line(key);
        byte[] whole = Arrays.copyOf(line, line.length + content.length);
        System.arraycopy(content, 0, whole, line.length, content.length);
        store.put(name, whole);
    }

    /** It is not there afterwards. */
    public Taken take(String name, String key) {
        Path file = store.file(name);
        if (!Files.exists(file)) {
            return new Taken(new byte[0], "");
        }
        try {
            byte[] whole = Sealed.open(Sealed.bytes(file));
            byte[] line = line(key);
            boolean holds =
                    whole.length >= line.length
                            && Arrays.equals(whole, 0, line.length, line, 0, line.length);
            return holds
                    ? new Taken(Arrays.copyOfRange(whole, line.length, whole.length), "")
                    : unusable("a snapshot is of another version, run of the machine or address");
        } catch (IOException | IllegalArgumentException e) {
            return unusable("a snapshot cannot be read: " + e.getMessage());
        } finally {
            remove(name);
        }
    }

    private static Taken unusable(String why) {
        return new Taken(new byte[0], why);
    }

    /** Where it stays, its clock tells the next run that it is old. */
    public void remove(String name) {
        try {
            store.remove(name);
        } catch (RuntimeException e) {
            LOG.warn("snapshot not removed: name={} reason={}", name, e.getMessage());
        }
    }

    private byte[] line(String key) {
        return ("virt-dataplane snapshot 1 boot=" + boot + " for=" + key + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }
}
