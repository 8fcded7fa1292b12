package io.virtdataplane.sriov;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A directory of small files, one for each PCI address, each a flat JSON object of strings. A file
 * is whole or not there; {@link #create} is made by one only.
 */
final class StateFile {
    private static final Pattern FIELD =
            Pattern.compile("\"([A-Za-z]+)\":\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern ADDRESS =
            Pattern.compile("[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]");
    private final Path directory;

    StateFile(Path directory) {
        this.directory = directory;
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new SriovException("state directory must be writable: " + directory, e);
        }
    }

    /** False where the address has a file already. */
    boolean create(String address, Map<String, String> fields) {
        Path temporary = directory.resolve(address + ".new");
        try {
            write(temporary, fields);
            // A link, not a move: it fails where the name is taken.
            Files.createLink(file(address), temporary);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (IOException e) {
            throw new SriovException("cannot write " + file(address) + ": " + e.getMessage(), e);
        } finally {
            delete(temporary);
        }
    }

    void replace(String address, Map<String, String> fields) {
        Path temporary = directory.resolve(address + ".new");
        try {
            write(temporary, fields);
            Files.move(temporary, file(address), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new SriovException("cannot write " + file(address) + ": " + e.getMessage(), e);
        }
    }

    /**
     * To the disk, not to memory only: else the name may outlive a power cut, but not the content.
     */
    private static void write(Path file, Map<String, String> fields) throws IOException {
        Files.writeString(
                file,
                json(fields),
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE,
                StandardOpenOption.DSYNC);
    }

    Optional<Map<String, String>> read(String address) {
        try {
            Matcher fields = FIELD.matcher(Files.readString(file(address)));
            Map<String, String> values = new LinkedHashMap<>();
            while (fields.find()) {
                values.put(fields.group(1), fields.group(2).replaceAll("\\\\(.)", "$1"));
            }
            return Optional.of(values);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new SriovException("cannot read " + file(address) + ": " + e.getMessage(), e);
        }
    }

    List<String> addresses() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(path -> path.getFileName().toString())
                    .filter(ADDRESS.asMatchPredicate())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new SriovException("cannot read " + directory + ": " + e.getMessage(), e);
        }
    }

    void remove(String address) {
        delete(file(address));
    }

    Path file(String address) {
        return directory.resolve(address);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new SriovException("cannot remove " + file + ": " + e.getMessage(), e);
        }
    }

    private static String json(Map<String, String> fields) {
        return fields.entrySet().stream()
                .map(field -> '"' + field.getKey() + "\": \"" + escaped(field.getValue()) + '"')
                .collect(Collectors.joining(",\n  ", "{\n  ", "\n}\n"));
    }

    private static String escaped(String value) {
        return value.replaceAll("([\"\\\\])", "\\\\$1");
    }
}
