package io.virtdataplane.daemon.state;

import io.virtdataplane.sys.FileStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * Objects of one kind, a file each, so that a restarted daemon goes on with them. A file that
 * cannot be read is reported and left where it is: what that means is for the caller to decide.
 */
public final class ObjectStore<T> {
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
        files.put(stem.apply(name), format.write(object));
    }

    /** False where there was none. */
    public boolean remove(String name) {
        return files.remove(stem.apply(name));
    }

    public Path file(String name) {
        return files.file(stem.apply(name));
    }

    public Stored<T> all() {
        Map<Path, T> objectByFile = new LinkedHashMap<>();
        Map<Path, String> unreadable = new TreeMap<>();
        Set<Path> damaged = new TreeSet<>();
        for (Path file : files.files()) {
            try {
                objectByFile.put(file, format.read(Files.readAllBytes(file)));
            } catch (IOException e) {
                unreadable.put(file, e.toString());
            } catch (IllegalArgumentException e) {
                unreadable.put(file, e.getMessage());
                damaged.add(file);
            }
        }
        return new Stored<>(objectByFile, unreadable, damaged);
    }

    /** Of an object whose name cannot be told. */
    public static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException("remove " + file, e);
        }
    }

    /** Keeps a damaged file for somebody to look at, where no start will read it again. */
    public static void setAside(Path file) {
        try {
            Files.move(file, Path.of(file + ".damaged"), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("set aside " + file, e);
        }
    }
}
