package io.virtdataplane.daemon.state;

import io.virtdataplane.sys.FileStore;
import io.virtdataplane.sys.IoReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Objects of one kind, a file each with its checksum, so that a restarted daemon goes on with them.
 * A file that cannot be read is reported and left where it is: what that means is for the caller to
 * decide.
 */
public final class ObjectStore<T> {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectStore.class);

    /** How an object is written to a file and read from it. */
    public interface Format<T> {
        byte[] write(T object);

        /** Throws IllegalArgumentException with what is wrong. */
        T read(byte[] content);
    }

    /**
     * What all files hold.
     *
     * @param unreadable why, by file
     * @param damaged those of them whose content is no object; others may be read another time
     */
    public record Stored<T>(
            Map<Path, T> objectByFile, Map<Path, String> unreadable, Set<Path> damaged) {
        public List<T> objects() {
            return List.copyOf(objectByFile.values());
        }
    }

    private final FileStore files;
    private final Format<T> format;
    private final UnaryOperator<String> stem;

    private ObjectStore(FileStore files, Format<T> format, UnaryOperator<String> stem) {
        this.files = files;
        this.format = format;
        this.stem = stem;
    }

    /** Files named as the objects are: of DNS names, with or without a namespace. */
    public static <T> ObjectStore<T> byName(Path directory, String suffix, Format<T> format) {
        FileStore files = new FileStore(directory, suffix);
        return new ObjectStore<>(files, format, name -> files.shortened(name.replace('/', '_')));
    }

    /** For names that may hold what a file name may not. */
    public static <T> ObjectStore<T> byDigest(Path directory, String suffix, Format<T> format) {
        return new ObjectStore<>(new FileStore(directory, suffix), format, FileStore::digest);
    }

    /** On the disk once it returns. */
    public void put(String name, T object) {
        files.put(stem.apply(name), Sealed.seal(format.write(object)));
    }

    /** False where there was none. */
    public boolean remove(String name) {
        return files.remove(stem.apply(name));
    }

    public Path file(String name) {
        return files.file(stem.apply(name));
    }

    /** What all files are named after, whether or not they can be read. */
    public Set<String> stems() {
        return listed(new TreeMap<>()).stream().map(files::stem).collect(Collectors.toSet());
    }

    /** Empty where there is none, or it cannot be read. */
    public Optional<T> find(String name) {
        try {
            return Optional.of(read(file(name)));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    public Stored<T> all() {
        Map<Path, T> objectByFile = new LinkedHashMap<>();
        Map<Path, String> unreadable = new TreeMap<>();
        Set<Path> damaged = new TreeSet<>();
        for (Path file : listed(unreadable)) {
            try {
                objectByFile.put(file, read(file));
            } catch (IOException e) {
                unreadable.put(file, IoReason.of(e));
            } catch (IllegalArgumentException e) {
                unreadable.put(file, e.getMessage());
                damaged.add(file);
            }
        }
        return new Stored<>(objectByFile, unreadable, damaged);
    }

    /** A directory that is not there, or no directory, costs what it held and nothing else. */
    private List<Path> listed(Map<Path, String> unreadable) {
        try {
            return files.files();
        } catch (UncheckedIOException e) {
            if (Files.exists(files.directory(), LinkOption.NOFOLLOW_LINKS)) {
                unreadable.put(files.directory(), IoReason.of(e.getCause()));
            } // else it could not be made: there is nothing in it
            return List.of();
        }
    }

    private T read(Path file) throws IOException {
        byte[] bytes = Sealed.bytes(file);
        T object = format.read(Sealed.open(bytes));
        if (!Sealed.isSealed(bytes)) {
            sealOld(file, bytes);
        }
        return object;
    }

    /** Earlier versions wrote no checksum: from now on it has one. */
    private void sealOld(Path file, byte[] content) {
        try {
            files.put(files.stem(file), Sealed.seal(content));
        } catch (UncheckedIOException e) {
            LOG.warn("no checksum added, it is read without: {}", e.getMessage());
        }
    }

    /** Of an object whose name cannot be told. False, and logged, where it is there still. */
    public static boolean remove(Path file) {
        try {
            return Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("not removed: file={} reason={}", file, IoReason.of(e));
            return false;
        }
    }

    /**
     * Keeps a damaged file for somebody to look at, where no start will read it again. Where that
     * fails it is logged, and the next start says the same of the file.
     */
    public static void setAside(Path file) {
        try {
            Files.move(file, Path.of(file + ".damaged"), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.warn("not set aside: file={} reason={}", file, IoReason.of(e));
        }
    }
}
