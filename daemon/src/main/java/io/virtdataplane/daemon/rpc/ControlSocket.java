package io.virtdataplane.daemon.rpc;

import io.grpc.BindableService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;

/** The daemon's own socket: taken from a dead daemon, never from a living one. */
public final class ControlSocket implements AutoCloseable {
    private static final int NO_GROUP = -1;
    private final UnixServer server;

    /**
     * @param group whose members may use it; empty: root and the daemon's own user only
     */
    public ControlSocket(Path path, String group, BindableService... services) throws IOException {
        SocketFile.take(path);
        int ownUser = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        int groupId = group.isEmpty() ? NO_GROUP : groupId(group);
        server = UnixServer.guarded(path, new PeerCheck.Allowed(ownUser, groupId), services);
        SocketFile.restrict(path, "rw-rw----");
        if (!group.isEmpty()) {
            Files.getFileAttributeView(path, PosixFileAttributeView.class)
                    .setGroup(principal(path, group));
        }
    }

    private static GroupPrincipal principal(Path path, String group) throws IOException {
        return path.getFileSystem()
                .getUserPrincipalLookupService()
                .lookupPrincipalByGroupName(group);
    }

    private static int groupId(String group) throws IOException {
        for (String line : Files.readAllLines(Path.of("/etc/group"))) {
            String[] fields = line.split(":");
            if (fields.length > 2 && fields[0].equals(group)) {
                return Integer.parseInt(fields[2]);
            }
        }
        throw new IllegalArgumentException("group must exist: group=" + group);
    }

    @Override
    public void close() {
        server.close();
    }
}
