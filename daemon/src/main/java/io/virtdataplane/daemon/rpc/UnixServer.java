package io.virtdataplane.daemon.rpc;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** gRPC services on a UNIX socket, and on nothing else. Calls run on virtual threads. */
public final class UnixServer implements AutoCloseable {
    private static final int MAX_MESSAGE = 2 << 20;
    private static final int END_SECONDS = 2;
    private static final int MOST_RESETS = 500; // of one connection in a window
    private static final int WINDOW_SECONDS = 10;
    private final Path path;
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
    private final Server server;

    private UnixServer(
            Path path, Supplier<EpollServerDomainSocketChannel> listener, BindableService... all)
            throws IOException {
        this.path = path;
        NettyServerBuilder builder =
                NettyServerBuilder.forAddress(new DomainSocketAddress(path.toFile()))
                        .channelFactory(listener::get)
                        .bossEventLoopGroup(loop)
                        .workerEventLoopGroup(loop)
                        .executor(calls)
                        .maxInboundMessageSize(MAX_MESSAGE)
                        .maxRstFramesPerWindow(MOST_RESETS, WINDOW_SECONDS);
        for (BindableService service : all) {
            builder.addService(service);
        }
        try {
            server = builder.build().start();
        } catch (IOException | RuntimeException e) {
            endThreads();
            throw e;
        }
    }

    /** For whoever may open the socket's file. */
    public static UnixServer open(Path path, BindableService... services) throws IOException {
        return new UnixServer(path, EpollServerDomainSocketChannel::new, services);
    }

    /** For those whom the socket lets in. */
    static UnixServer guarded(GuardedSocket socket, BindableService... services)
            throws IOException {
        return new UnixServer(socket.path(), socket::grpcListener, services);
    }

    private void endThreads() {
        calls.shutdownNow();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        server.shutdownNow();
        try {
            server.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
            Files.deleteIfExists(path);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException("remove " + path, e);
        } finally {
            endThreads();
        }
    }
}
