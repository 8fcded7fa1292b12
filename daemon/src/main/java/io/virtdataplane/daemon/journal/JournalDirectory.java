package io.virtdataplane.daemon.journal;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal's files: who may read them, how much room they take and have, and what is set aside.
 */
final class JournalDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(JournalDirectory.class);
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final String FILE_SUFFIX = ".cq4";
    private static final String ASIDE = ".damaged-";
    private static final int MOST_ASIDE = 2;
    private final Path path;
    private final long maxBytes;

    JournalDirectory(Path path, long maxBytes) {
        this.path = path;
        this.maxBytes = maxBytes;
    }

    Path path() {
        return path;
    }

    /** Throws, at once, with the kernel's reason. */
    void mustTakeFiles() throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(path)) {
            setAside();
        }
        Files.createDirectories(path, OWNER_ONLY);
        Files.delete(Files.createTempFile(path, "probe", ".new"));
        Files.setPosixFilePermissions(path, OWNER_ONLY.value()); // earlier versions left it open
    }

    /** Bytes that may be written before the disk is full. */
    long room() {
        return path.toFile().getUsableSpace();
    }

    /** Where it is now. Of those that were set aside before the newest stay. */
    Path setAside() throws IOException {
        Path aside = Path.of(path + ASIDE + System.currentTimeMillis());
        Files.move(path, aside);
        Files.createDirectories(path, OWNER_ONLY);
        dropOldest();
        return aside;
    }

    private void dropOldest() throws IOException {
        String prefix = path.getFileName() + ASIDE;
        try (Stream<Path> all = Files.list(path.toAbsolutePath().getParent())) {
            all.filter(each -> each.getFileName().toString().startsWith(prefix))
                    .sorted(Comparator.reverseOrder())
                    .skip(MOST_ASIDE)
                    .forEach(JournalDirectory::deleteAll);
        }
    }

    private static void deleteAll(Path directory) {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            LOG.warn("old journal not deleted: directory={} reason={}", directory, e.toString());
        }
    }

    /** Deletes the oldest hours while the journal is over its bound; the running one stays. */
    void keepBound() {
        File[] files = path.toFile().listFiles((in, name) -> name.endsWith(FILE_SUFFIX));
        if (files == null || files.length < 2) {
            return;
        }
        Arrays.sort(files, Comparator.comparing(File::getName));
        long total = Arrays.stream(files).mapToLong(File::length).sum();
        for (int i = 0; i < files.length - 1 && total > maxBytes; i++) {
            total -= files[i].length();
            if (!files[i].delete()) {
                LOG.warn("journal file not deleted: file={}", files[i]);
            }
        }
    }
}
