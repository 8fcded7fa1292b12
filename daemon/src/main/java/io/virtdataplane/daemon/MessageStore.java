package io.virtdataplane.daemon;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests in force, by name, one file each, so that a restarted daemon takes them up again.
 */
public final class MessageStore<T extends Message> {
    private static final Logger LOG = LoggerFactory.getLogger(MessageStore.class);
    private final Path directory;
    private final String suffix;
    private final Parser<T> parser;

    /** {@code suffix}: of the files, without a dot. */
    public MessageStore(Path directory, String suffix, Parser<T> parser) {
        this.directory = directory;
        this.suffix = "." + suffix;
        this.parser = parser;
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "stateDirectory must be writable: stateDirectory=" + directory.getParent(), e);
        }
    }

    public void put(String name, T request) {
        Path temporary = directory.resolve(fileName(name) + ".new");
        try {
            Files.write(temporary, request.toByteArray());
            Files.move(
                    temporary, directory.resolve(fileName(name)), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("write " + name, e);
        }
    }

    /** False where there was none. */
    public boolean remove(String name) {
        try {
            return Files.deleteIfExists(directory.resolve(fileName(name)));
        } catch (IOException e) {
            throw new UncheckedIOException("remove " + name, e);
        }
    }

    /** All requests; a file that cannot be read is set aside. */
    public List<T> all() {
        List<T> requests = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(suffix)).sorted().toList()) {
                try {
                    requests.add(parser.parseFrom(Files.readAllBytes(file)));
                } catch (InvalidProtocolBufferException e) {
                    LOG.warn("file is damaged and set aside: file={}", file);
                    Files.move(
                            file, Path.of(file + ".damaged"), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("read " + directory, e);
        }
        return requests;
    }

    /** A name may hold what a file name may not, and be longer. */
    private String fileName(String name) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(name.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest) + suffix;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
