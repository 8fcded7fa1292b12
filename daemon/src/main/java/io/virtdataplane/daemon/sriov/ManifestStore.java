package io.virtdataplane.daemon.sriov;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The manifests in force, a file each, so that a restarted daemon goes on with them. */
final class ManifestStore {
    private static final Logger LOG = LoggerFactory.getLogger(ManifestStore.class);
    private static final String SUFFIX = ".yaml";

    /** What a stored manifest becomes; throws where it is damaged. */
    @FunctionalInterface
    interface Reader<T> {
        T read(String manifest);
    }

    private final Path directory;

    ManifestStore(Path directory) {
        this.directory = directory;
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "stateDirectory must be writable: stateDirectory=" + directory, e);
        }
    }

    /**
     * @param name of DNS names, and so fit for a file
     */
    void put(String name, String manifest) {
        Path temporary = directory.resolve(name + ".new");
        try {
            Files.writeString(temporary, manifest);
            Files.move(temporary, directory.resolve(name + SUFFIX), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("write manifest " + name, e);
        }
    }

    void remove(String name) {
        try {
            Files.deleteIfExists(directory.resolve(name + SUFFIX));
        } catch (IOException e) {
            throw new UncheckedIOException("remove manifest " + name, e);
        }
    }

    /** All of them by file name; one that cannot be read is set aside. */
    <T> Map<String, T> all(Reader<T> reader) {
        Map<String, T> byName = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(SUFFIX)).sorted().toList()) {
                String name = file.getFileName().toString();
                try {
                    byName.put(
                            name.substring(0, name.length() - SUFFIX.length()),
                            reader.read(Files.readString(file)));
                } catch (IllegalArgumentException e) {
                    LOG.warn(
                            "manifest is damaged and set aside: file={} reason={}",
                            file,
                            e.getMessage());
                    Files.move(
                            file, Path.of(file + ".damaged"), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("read manifests", e);
        }
        return byName;
    }
}
