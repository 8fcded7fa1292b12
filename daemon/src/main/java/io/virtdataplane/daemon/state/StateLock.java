package io.virtdataplane.daemon.state;

import io.virtdataplane.sys.IoReason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Two daemons must not work on one state directory: held by one process until it ends. Where the
 * directory cannot be written to there is no lock, and a second daemon is refused by the control
 * socket alone: traffic comes first.
 */
public final class StateLock implements AutoCloseable {
    private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private final FileChannel channel; // held here: a channel that nobody refers to is closed
    private final String missing;

    public StateLock(Path stateDirectory) {
        FileChannel opened = null;
        String why = "";
        try {
            Files.createDirectories(stateDirectory, OWNER_ONLY);
            opened =
                    FileChannel.open(
                            stateDirectory.resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
        } catch (IOException e) {
            why = "state directory is not locked: " + stateDirectory + ": " + IoReason.of(e);
        }
        channel = opened;
        missing = why;
        lock(stateDirectory);
    }

    private void lock(Path stateDirectory) {
        try {
            if (channel != null && channel.tryLock() == null) {
                throw new IllegalArgumentException(
                        "stateDirectory must not be in use by another daemon: stateDirectory="
                                + stateDirectory);
            }
        } catch (IOException e) {
            throw IoReason.failed("lock " + stateDirectory, e);
        }
    }

    /** Why there is no lock; empty where there is. */
    public String missing() {
        return missing;
    }

    @Override
    public void close() {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            throw IoReason.failed("unlock", e);
        }
    }
}
