package io.virtdataplane.daemon.sriov;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.virtdataplane.daemon.kubelet.RegisterRequest;
import io.virtdataplane.daemon.kubelet.RegistrationGrpc;
import io.virtdataplane.sriov.RdmaDevices;
import io.virtdataplane.sriov.ResourceVf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device plugin for each resource that has VFs, on a socket in the kubelet's directory,
 * registered with the kubelet that is there now: one that has started anew has forgotten us and
 * removed our sockets. A thread of its own looks for both.
 */
final class DevicePlugins implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DevicePlugins.class);
    private static final String VERSION = "v1beta1";
    private static final long REGISTER_SECONDS = 5;
    private final SriovNode node;
    private final RdmaDevices rdma;
    private final String resourcePrefix;
    private final Path directory;
    private final long lookMs;
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Server> serverByResource = new HashMap<>();
    private final Thread thread =
            Thread.ofPlatform().name("device-plugins").daemon().unstarted(this::run);
    private String kubelet = "";
    private String complaint = "";
    private Set<String> resources = Set.of();
    private long seen = -1;
    private volatile boolean closed;
    private volatile boolean registered;

    DevicePlugins(
            SriovNode node, RdmaDevices rdma, String resourcePrefix, Path directory, long lookMs) {
        this.node = node;
        this.rdma = rdma;
        this.resourcePrefix = resourcePrefix;
        this.directory = directory;
        this.lookMs = lookMs;
        thread.start();
    }

    /** A kubelet knows of our devices, and so gives them away. */
    boolean isRegistered() {
        return registered;
    }

    private void run() {
        while (!closed) {
            try {
                look();
                Thread.sleep(lookMs);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) { // whatever it is, the next look may have more luck
                if (!e.toString().equals(complaint)) { // once a reason, not once a look
                    complaint = e.toString();
                    LOG.warn("kubelet does not take the device plugins: reason={}", complaint);
                }
                kubelet = ""; // once more, with everything, at the next look
                pause();
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(lookMs);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        String now = identity(directory.resolve("kubelet.sock"));
        if (!now.equals(kubelet)) {
            stopAll();
            kubelet = now;
        }
        if (now.isEmpty()) {
            return;
        }
        long generation = node.generation();
        if (generation != seen) { // only then: to look at all cards costs
            resources = Set.copyOf(ResourceVf.byResource(node.state()).keySet());
            seen = generation;
        }
        for (String resource : Set.copyOf(serverByResource.keySet())) {
            if (!resources.contains(resource) || !Files.exists(socket(resource))) {
                stop(resource);
            }
        }
        for (String resource : resources) {
            if (!serverByResource.containsKey(resource)) {
                start(resource);
            }
        }
        registered = !serverByResource.isEmpty();
    }

    /** Changes when another kubelet has made the socket; empty where there is none. */
    private static String identity(Path socket) {
        try {
            return Files.readAttributes(socket, "unix:ino,ctime").toString();
        } catch (IOException e) {
            return "";
        }
    }

    private void start(String resource) {
        Path socket = socket(resource);
        try {
            Files.deleteIfExists(socket); // a dead daemon's
            Server server =
                    NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                            .channelType(EpollServerDomainSocketChannel.class)
                            .bossEventLoopGroup(loop)
                            .workerEventLoopGroup(loop)
                            .executor(calls)
                            .addService(
                                    new DevicePluginService(node, resource, resourcePrefix, rdma))
                            .build()
                            .start();
            serverByResource.put(resource, server);
        } catch (IOException e) {
            throw new UncheckedIOException("listen on " + socket, e);
        }
        try {
            register(resource, socket);
        } catch (StatusRuntimeException e) {
            stop(resource);
            throw e;
        }
    }

    private void register(String resource, Path socket) {
        ManagedChannel channel =
                NettyChannelBuilder.forAddress(
                                new DomainSocketAddress(directory.resolve("kubelet.sock").toFile()))
                        .channelType(EpollDomainSocketChannel.class)
                        .eventLoopGroup(loop)
                        .directExecutor()
                        .overrideAuthority("localhost") // a path is none to other servers
                        .usePlaintext()
                        .build();
        try {
            RegistrationGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(REGISTER_SECONDS, TimeUnit.SECONDS)
                    .register(
                            RegisterRequest.newBuilder()
                                    .setVersion(VERSION)
                                    .setEndpoint(socket.getFileName().toString())
                                    .setResourceName(resourcePrefix + "/" + resource)
                                    .setOptions(DevicePluginService.OPTIONS)
                                    .build());
            LOG.info("device plugin registered: resource={}/{}", resourcePrefix, resource);
        } finally {
            channel.shutdownNow();
        }
    }

    private Path socket(String resource) {
        return directory.resolve(resourcePrefix + "_" + resource + ".sock");
    }

    private void stop(String resource) {
        Server server = serverByResource.remove(resource);
        if (server != null) {
            server.shutdownNow();
            try {
                server.awaitTermination(2, TimeUnit.SECONDS);
                Files.deleteIfExists(socket(resource));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (IOException e) {
                throw new UncheckedIOException("remove " + socket(resource), e);
            }
        }
    }

    private void stopAll() {
        Set.copyOf(serverByResource.keySet()).forEach(this::stop);
        registered = false;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stopAll();
        calls.shutdownNow();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
