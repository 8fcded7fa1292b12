package io.virtdataplane.daemon.kubelet;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.virtdataplane.kubelet.deviceplugin.RegisterRequest;
import io.virtdataplane.kubelet.deviceplugin.RegistrationGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The kubelet's directory: its socket, where plugins register, and the plugins' own beside it. */
final class KubeletDirectory implements AutoCloseable {
    private static final long REGISTER_SECONDS = 5;
    private static final int LONGEST_PATH = 107; // linux/un.h: UNIX_PATH_MAX with its NUL
    private static final String SUFFIX = ".sock";
    private final Path directory;
    private final Path kubelet;
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();

    KubeletDirectory(Path directory) {
        this.directory = directory;
        this.kubelet = directory.resolve("kubelet.sock");
    }

    /** Changes when another kubelet has made the socket; empty where there is none. */
    String identity() {
        try {
            return Files.readAttributes(kubelet, "unix:ino,ctime").toString();
        } catch (IOException e) {
            return "";
        }
    }

    /** Name of a resource's socket: its own, unless no address can hold the path. */
    String socketOf(String resourceName) {
        String name = resourceName.replace('/', '_') + SUFFIX;
        boolean fits =
                directory.resolve(name).toString().getBytes(StandardCharsets.UTF_8).length
                        <= LONGEST_PATH;
        return fits ? name : UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)) + SUFFIX;
    }

    boolean has(String socket) {
        return Files.exists(directory.resolve(socket));
    }

    Server serve(String socket, BindableService service) {
        Path path = directory.resolve(socket);
        try {
            Files.deleteIfExists(path); // a dead daemon's
            return NettyServerBuilder.forAddress(new DomainSocketAddress(path.toFile()))
                    .channelType(EpollServerDomainSocketChannel.class)
                    .bossEventLoopGroup(loop)
                    .workerEventLoopGroup(loop)
                    .executor(calls)
                    .addService(service)
                    .build()
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException("listen on " + path + ": " + e.getMessage(), e);
        }
    }

    void stop(String socket, Server server) {
        server.shutdownNow();
        try {
            server.awaitTermination(2, TimeUnit.SECONDS);
            Files.deleteIfExists(directory.resolve(socket));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new UncheckedIOException("remove " + directory.resolve(socket), e);
        }
    }

    /** Throws StatusRuntimeException where the kubelet refuses or does not answer. */
    void register(RegisterRequest request) {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress(new DomainSocketAddress(kubelet.toFile()))
                        .channelType(EpollDomainSocketChannel.class)
                        .eventLoopGroup(loop)
                        .directExecutor()
                        .overrideAuthority("localhost") // a path is none to other servers
                        .usePlaintext()
                        .build();
        try {
            RegistrationGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(REGISTER_SECONDS, TimeUnit.SECONDS)
                    .register(request);
        } finally {
            channel.shutdownNow();
        }
    }

    @Override
    public void close() {
        calls.shutdownNow();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
