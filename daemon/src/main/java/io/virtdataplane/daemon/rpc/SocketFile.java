package io.virtdataplane.daemon.rpc;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The file of a UNIX socket that the daemon listens on. */
public final class SocketFile {
    private SocketFile() {}

    /** A socket file that nobody answers on is a dead daemon's and is removed. */
    public static void take(Path path) throws IOException {
        Files.createDirectories(path.getParent());
        if (!Files.exists(path)) {
            return;
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
            throw new IllegalArgumentException(
                    "socket must not be in use by another daemon: socket=" + path);
        } catch (IOException e) {
            Files.delete(path);
        }
    }

    /** {@code mode}: as ls(1) shows it, "rw-------". */
    public static void restrict(Path path, String mode) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }
}
