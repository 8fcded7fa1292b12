package io.virtdataplane.daemon.state;

import io.virtdataplane.sys.FileStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The manifests in force, a file each, so that a restarted daemon goes on with them. */
public final class ManifestStore {
    /** What a stored manifest becomes; throws where it is damaged. */
    @FunctionalInterface
    public interface Reader<T> {
        T read(String manifest);
    }

    /**
     * What a look at all files found.
     *
     * @param unreadable why, by file; such a file stays as it is
     */
    public record Stored<T>(List<T> manifests, Map<Path, String> unreadable) {}

    private final FileStore files;

    public ManifestStore(Path directory) {
        this.files = new FileStore(directory, ".yaml");
    }

    /**
     * @param name of DNS names
     */
    public void put(String name, String manifest) {
        files.put(files.shortened(name), manifest.getBytes(StandardCharsets.UTF_8));
    }

    public void remove(String name) {
        files.remove(files.shortened(name));
    }

    public Path file(String name) {
        return files.file(files.shortened(name));
    }

    /** The name of a file's manifest, as far as its file tells it. */
    public String name(Path file) {
        return files.stem(file);
    }

    public <T> Stored<T> all(Reader<T> reader) {
        List<T> manifests = new ArrayList<>();
        Map<Path, String> unreadable = new TreeMap<>();
        for (Path file : files.files()) {
            try {
                manifests.add(reader.read(Files.readString(file)));
            } catch (IOException e) {
                unreadable.put(file, e.toString());
            } catch (IllegalArgumentException e) {
                unreadable.put(file, e.getMessage());
            }
        }
        return new Stored<>(manifests, unreadable);
    }
}
