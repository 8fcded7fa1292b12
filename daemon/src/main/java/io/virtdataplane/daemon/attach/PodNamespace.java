package io.virtdataplane.daemon.attach;

import io.virtdataplane.sys.Netns;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The network namespace that a NIC was attached in. What we may have open there keeps it alive, so
 * that it never ends by itself: whether its pod is gone is seen from outside.
 *
 * @param inode which tells it from another one at the same path
 */
public record PodNamespace(Path path, long inode) {
    private static final Path PROCESSES = Path.of("/proc");

    /** Empty where it cannot be told: then it is never gone. */
    public static Optional<PodNamespace> of(String netns) {
        Path path = Netns.path(netns);
        try {
            return Optional.of(new PodNamespace(path, inode(path)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** It is not where it was, and no process is in it. */
    public boolean isGone() {
        try {
            return !isAt(path) && !hasProcess();
        } catch (IOException e) {
            return false; // cannot be told: the NIC stays
        }
    }

    private boolean isAt(Path there) throws IOException {
        try {
            return inode(there) == inode;
        } catch (NoSuchFileException e) {
            return false; // also of a process that has just ended
        }
    }

    private boolean hasProcess() throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(PROCESSES, "[0-9]*")) {
            for (Path process : all) {
                boolean isInit = process.getFileName().toString().equals("1"); // in no pod
                if (!isInit && isAt(process.resolve("ns/net"))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static long inode(Path path) throws IOException {
        return (long) Files.getAttribute(path, "unix:ino");
    }
}
