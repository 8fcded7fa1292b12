package io.virtdataplane.sys;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A directory of files of one suffix that outlive the daemon and the machine's power: a file is
 * whole or not there, and on the disk once {@link #put} has returned. Only their owner may read
 * them.
 */
public final class FileStore {
    private static final int NAME_MAX = 255; // linux/limits.h
    private static final String TEMPORARY = ".new";
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY_DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final Set<StandardOpenOption> NEW =
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    private final Path directory;
    private final String suffix;
    private volatile boolean isMade;

    /**
     * A directory that cannot be made or written to is no failure yet: each use says why.
     *
     * @param suffix with its dot
     */
    public FileStore(Path directory, String suffix) {
        this.directory = directory;
        this.suffix = suffix;
        try {
            make();
        } catch (IOException e) {
            isMade = false; // whoever uses it is told why
        }
    }

    private void make() throws IOException {
        Files.createDirectories(directory, OWNER_ONLY_DIRECTORY);
        isMade = true;
        tighten();
    }

    /** Earlier versions left it to the umask. */
    private void tighten() {
        try {
            Files.setPosixFilePermissions(directory, OWNER_ONLY_DIRECTORY.value());
        } catch (IOException e) {
            // A disk that is read-only: what is there can be read all the same.
        }
    }

    /** Where it could not be made at the start, it is tried again. */
    private void mustBeMade() throws IOException {
        if (!isMade) {
            make();
        }
    }

    /**
     * Replaces what was there.
     *
     * @param stem fit for a file name
     */
    public void put(String stem, byte[] content) {
        Path temporary = temporary(stem);
        try {
            write(temporary, content);
            Files.move(temporary, file(stem), StandardCopyOption.ATOMIC_MOVE);
            forceDirectory();
        } catch (IOException e) {
            dropHalf(temporary, e);
            throw IoReason.failed("write " + file(stem), e);
        }
    }

    /** On a full disk it would take the room that is missing. */
    private static void dropHalf(Path temporary, IOException why) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    /** False where there is one already: of several who create one, one only succeeds. */
    public boolean create(String stem, byte[] content) {
        Path temporary = temporary(stem);
        try {
            write(temporary, content);
            Files.createLink(file(stem), temporary); // not a move: it fails where the name is taken
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (IOException e) {
            throw IoReason.failed("write " + file(stem), e);
        } finally {
            removeTemporary(temporary);
        }
    }

    private void removeTemporary(Path temporary) {
        try {
            Files.deleteIfExists(temporary);
            forceDirectory();
        } catch (IOException e) {
            throw IoReason.failed("remove " + temporary, e);
        }
    }

    private Path temporary(String stem) {
        return directory.resolve(stem + TEMPORARY);
    }

    private void write(Path to, byte[] content) throws IOException {
        mustBeMade();
        Files.deleteIfExists(to); // after a crash it can be another name of a file that is in use
        try (FileChannel file = FileChannel.open(to, NEW, OWNER_ONLY)) {
            ByteBuffer rest = ByteBuffer.wrap(content);
            while (rest.hasRemaining()) {
                file.write(rest);
            }
            file.force(true); // else the name may outlive a power cut, but not the content
        }
    }

    /** False where there was none. */
    public boolean remove(String stem) {
        try {
            mustBeMade();
            boolean removed = Files.deleteIfExists(file(stem));
            if (removed || !Files.isDirectory(directory)) { // else it may be where that has gone
                forceDirectory();
            }
            return removed;
        } catch (IOException e) {
            throw IoReason.failed("remove " + file(stem), e);
        }
    }

    private void forceDirectory() throws IOException {
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    public Path directory() {
        return directory;
    }

    /** All files, sorted. */
    public List<Path> files() {
        try {
            mustBeMade();
        } catch (IOException e) {
            throw IoReason.failed("make " + directory, e);
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(path -> path.toString().endsWith(suffix)).sorted().toList();
        } catch (IOException e) {
            throw IoReason.failed("read " + directory, e);
        }
    }

    public Path file(String stem) {
        return directory.resolve(stem + suffix);
    }

    /** The name that a file was put under. */
    public String stem(Path file) {
        String name = file.getFileName().toString();
        return name.substring(0, name.length() - suffix.length());
    }

    /** A name of DNS names as it is, but where a file name would be too long for the kernel. */
    public String shortened(String name) {
        int longest = NAME_MAX - Math.max(suffix.length(), TEMPORARY.length());
        return name.length() <= longest
                ? name
                : name.substring(0, longest / 2) + "-" + digest(name);
    }

    /** 64 hexadecimal digits of a name that may hold what a file name may not, and be longer. */
    public static String digest(String name) {
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(name.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
