package io.virtdataplane.daemon.control;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.virtdataplane.api.Version;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.rpc.PeerCheck;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** Listens on a UNIX socket, and on nothing else. */
public final class ControlServer implements AutoCloseable {
    private static final int MAX_MESSAGE = 2 << 20;
    private final Path path;
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
    private final Server server;

    public ControlServer(
            Path path,
            String group,
            Nics nics,
            EventJournal journal,
            Version version,
            BindableService... others)
            throws IOException {
        this.path = path;
        takePath();
        int ownUser = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        int groupId = group.isEmpty() ? -1 : groupId(group);
        NettyServerBuilder builder =
                NettyServerBuilder.forAddress(new DomainSocketAddress(path.toFile()))
                        .channelFactory(() -> listener(ownUser, groupId))
                        .bossEventLoopGroup(loop)
                        .workerEventLoopGroup(loop)
                        .executor(calls)
                        .maxInboundMessageSize(MAX_MESSAGE)
                        .addService(new NicService(nics, journal, version));
        for (BindableService other : others) {
            builder.addService(other);
        }
        server = builder.build().start();
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
        if (!group.isEmpty()) {
            Files.getFileAttributeView(path, PosixFileAttributeView.class)
                    .setGroup(principal(group));
        }
    }

    private static EpollServerDomainSocketChannel listener(int ownUser, int groupId) {
        EpollServerDomainSocketChannel channel = new EpollServerDomainSocketChannel();
        channel.pipeline().addFirst(new PeerCheck(ownUser, groupId));
        return channel;
    }

    /** A socket file that nobody answers on is a dead daemon's and is removed. */
    private void takePath() throws IOException {
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

    private GroupPrincipal principal(String group) throws IOException {
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
        server.shutdownNow();
        try {
            server.awaitTermination(2, TimeUnit.SECONDS);
            Files.deleteIfExists(path);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new IllegalStateException("remove " + path, e);
        }
        calls.shutdownNow();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
