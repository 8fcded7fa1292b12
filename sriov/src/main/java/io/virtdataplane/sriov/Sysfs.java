package io.virtdataplane.sriov;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The kernel's device tree below a root, {@code /sys} in production. Reading never fails: what is
 * missing or has no value now is empty. Writing says which file refused what, in the kernel's
 * words.
 */
public final class Sysfs {
    /** How a value gets into a file; a stand-in for a card behaves here as the kernel would. */
    @FunctionalInterface
    interface Writer {
        void write(Path file, String value) throws IOException;
    }

    private final Path root;
    private final Writer writer;

    public Sysfs(Path root) {
        // Neither created nor truncated: an attribute that is not there is an error.
        this(root, (file, value) -> Files.writeString(file, value, StandardOpenOption.WRITE));
    }

    Sysfs(Path root, Writer writer) {
        this.root = root;
        this.writer = writer;
    }

    /** The value without its newline; empty where there is none. */
    String read(String path) {
        try {
            return Files.readString(root.resolve(path)).strip();
        } catch (IOException e) {
            return ""; // such as the speed of a link that is down
        }
    }

    int number(String path, int otherwise) {
        try {
            return Integer.decode(read(path));
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    boolean exists(String path) {
        return Files.exists(root.resolve(path));
    }

    /** Last part of where a link points to; empty where there is no link. */
    String linkName(String path) {
        Path link = root.resolve(path);
        try {
            return Files.isSymbolicLink(link)
                    ? Files.readSymbolicLink(link).getFileName().toString()
                    : "";
        } catch (IOException e) {
            return "";
        }
    }

    /** Names in a directory, sorted. */
    List<String> names(String path) {
        try (Stream<Path> files = Files.list(root.resolve(path))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    void write(String path, String value) {
        Path file = root.resolve(path);
        try {
            writer.write(file, value);
        } catch (IOException e) {
            throw new SriovException(
                    "cannot write '" + value.replace("\0", "") + "' to " + file + ": " + reason(e),
                    e);
        }
    }

    private static String reason(IOException e) {
        if (e instanceof java.nio.file.NoSuchFileException) {
            return "no such file";
        }
        if (e instanceof FileSystemException refused && refused.getReason() != null) {
            return refused.getReason();
        }
        return e.getMessage();
    }
}
