package io.virtdataplane.sriov;

import io.virtdataplane.sys.FileStore;
import io.virtdataplane.sys.IoReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A directory of small files, one for each PCI address, each a flat JSON object of strings. A file
 * is whole or not there; {@link #create} is made by one only.
 */
final class StateFile {
    private static final Pattern FIELD =
            Pattern.compile("\"([A-Za-z]+)\":\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final Pattern ADDRESS =
            Pattern.compile("[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\\.[0-7]");
    private final FileStore files;

    StateFile(Path directory) {
        files = new FileStore(directory, "");
    }

    /** False where the address has a file already. */
    boolean create(String address, Map<String, String> fields) {
        return write(address, () -> files.create(address, content(fields)));
    }

    void replace(String address, Map<String, String> fields) {
        write(
                address,
                () -> {
                    files.put(address, content(fields));
                    return true;
                });
    }

    private <T> T write(String address, Supplier<T> work) {
        try {
            return work.get();
        } catch (UncheckedIOException e) {
            throw new SriovException("cannot " + e.getMessage(), e);
        }
    }

    private static byte[] content(Map<String, String> fields) {
        return json(fields).getBytes(StandardCharsets.UTF_8);
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
            throw new SriovException("cannot read " + file(address) + ": " + IoReason.of(e), e);
        }
    }

    /** None where there can be none: the directory could not be made. */
    List<String> addresses() {
        try {
            return files.files().stream()
                    .filter(Files::isRegularFile) // else one stranger would stop all of them
                    .map(path -> path.getFileName().toString())
                    .filter(ADDRESS.asMatchPredicate())
                    .toList();
        } catch (UncheckedIOException e) {
            if (!Files.exists(files.directory())) {
                return List.of();
            }
            throw new SriovException("cannot " + e.getMessage(), e);
        }
    }

    void remove(String address) {
        try {
            files.remove(address);
        } catch (UncheckedIOException e) {
            throw new SriovException("cannot " + e.getMessage(), e);
        }
    }

    Path file(String address) {
        return files.file(address);
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
