package io.virtdataplane.daemon.state;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Two daemons must not work on one state directory: held by one process until it ends. */
public final class StateLock implements AutoCloseable {
    private final FileChannel channel; // held here: a channel that nobody refers to is closed

    public StateLock(Path stateDirectory) {
        try {
            Files.createDirectories(stateDirectory);
            channel =
                    FileChannel.open(
                            stateDirectory.resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "stateDirectory must be writable: stateDirectory=" + stateDirectory, e);
        }
        try {
            if (channel.tryLock() == null) {
                throw new IllegalArgumentException(
                        "stateDirectory must not be in use by another daemon: stateDirectory="
                                + stateDirectory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("lock " + stateDirectory, e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("unlock", e);
        }
    }
}
