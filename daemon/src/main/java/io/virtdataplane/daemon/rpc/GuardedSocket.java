package io.virtdataplane.daemon.rpc;

import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The file of a socket of the daemon's own: taken from a dead daemon, never from a living one; for
 * root, the daemon's own user and the members of a group. The kernel says who a peer is, whatever
 * the file's mode.
 */
public final class GuardedSocket {
    /** Bytes of a path; linux/un.h: UNIX_PATH_MAX with its NUL. */
    public static final int LONGEST_PATH = 107;

    private static final int NO_GROUP = -1;
    private static final int FILE_TYPE = 0xf000; // linux/stat.h: S_IFMT
    private static final int SOCKET = 0xc000; // S_IFSOCK
    private final String name;
    private final Path path;
    private final String group;
    private final PeerCheck.Allowed allowed;

    private GuardedSocket(String name, Path path, String group, PeerCheck.Allowed allowed) {
        this.name = name;
        this.path = path;
        this.group = group;
        this.allowed = allowed;
    }

    /**
     * A socket file that nobody answers on is a dead daemon's and is removed.
     *
     * @param name what it is called in the log
     * @param group whose members may use it; empty: root and the daemon's own user only
     */
    public static GuardedSocket take(String name, Path path, String group) throws IOException {
        Files.createDirectories(path.getParent());
        refuseLiving(path);
        int ownUser = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        int groupId = group.isEmpty() ? NO_GROUP : groupId(group);
        return new GuardedSocket(name, path, group, new PeerCheck.Allowed(ownUser, groupId));
    }

    private static void refuseLiving(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        int mode = (int) Files.getAttribute(path, "unix:mode");
        if ((mode & FILE_TYPE) != SOCKET) {
            throw new IllegalArgumentException("socket must not be another file: socket=" + path);
        }
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.connect(UnixDomainSocketAddress.of(path));
            throw new IllegalArgumentException(
                    "socket must not be in use by another daemon: socket=" + path);
        } catch (ConnectException e) {
            Files.delete(path);
        }
    }

    public Path path() {
        return path;
    }

    /** For a server to bind to the path. */
    public EpollServerDomainSocketChannel listener() {
        return listener(false);
    }

    /** The same for gRPC: floods of HTTP/2 frames are ended. */
    EpollServerDomainSocketChannel grpcListener() {
        return listener(true);
    }

    private EpollServerDomainSocketChannel listener(boolean isHttp2) {
        EpollServerDomainSocketChannel channel = new EpollServerDomainSocketChannel();
        channel.pipeline().addFirst(new PeerCheck(name, isHttp2, allowed));
        return channel;
    }

    /** Gives the bound file its mode and group. */
    public void restrict() throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
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
}
