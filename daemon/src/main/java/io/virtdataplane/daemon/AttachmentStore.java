package io.virtdataplane.daemon;

import com.google.protobuf.InvalidProtocolBufferException;
import io.virtdataplane.daemon.api.AttachRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The attach requests in force, one file each, so that a restarted daemon takes its guests up
 * again.
 */
final class AttachmentStore {
    private static final Logger LOG = LoggerFactory.getLogger(AttachmentStore.class);
    private static final String SUFFIX = ".attach";
    private final Path directory;
    private FileChannel lock; // held here: a channel that nobody refers to is closed

    AttachmentStore(Path stateDirectory) {
        directory = stateDirectory.resolve("attachments");
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "stateDirectory must be writable: stateDirectory=" + stateDirectory, e);
        }
    }

    /** For this process alone, until it ends: two daemons must not work on one state. */
    void lock() {
        try {
            lock =
                    FileChannel.open(
                            directory.resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            if (lock.tryLock() == null) {
                throw new IllegalArgumentException(
                        "stateDirectory must not be in use by another daemon: stateDirectory="
                                + directory.getParent());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("lock " + directory, e);
        }
    }

    void put(String name, AttachRequest request) {
        Path temporary = directory.resolve(fileName(name) + ".new");
        try {
            Files.write(temporary, request.toByteArray());
            Files.move(
                    temporary, directory.resolve(fileName(name)), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("write attachment " + name, e);
        }
    }

    void remove(String name) {
        try {
            Files.deleteIfExists(directory.resolve(fileName(name)));
        } catch (IOException e) {
            throw new UncheckedIOException("remove attachment " + name, e);
        }
    }

    /** All requests; a file that cannot be read is set aside. */
    List<AttachRequest> all() {
        List<AttachRequest> requests = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(SUFFIX)).sorted().toList()) {
                try {
                    requests.add(AttachRequest.parseFrom(Files.readAllBytes(file)));
                } catch (InvalidProtocolBufferException e) {
                    LOG.warn("attachment file is damaged and set aside: file={}", file);
                    Files.move(
                            file, Path.of(file + ".damaged"), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("read attachments", e);
        }
        return requests;
    }

    /** A name may hold what a file name may not, and be longer. */
    private static String fileName(String name) {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256")
                            .digest(name.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest) + SUFFIX;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
