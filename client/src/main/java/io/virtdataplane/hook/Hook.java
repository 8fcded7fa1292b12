package io.virtdataplane.hook;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.virtdataplane.kubevirt.hooks.HookPoint;
import io.virtdataplane.kubevirt.hooks.InfoGrpc;
import io.virtdataplane.kubevirt.hooks.InfoParams;
import io.virtdataplane.kubevirt.hooks.InfoResult;
import io.virtdataplane.kubevirt.hooks.v1alpha3.CallbacksGrpc;
import io.virtdataplane.kubevirt.hooks.v1alpha3.OnDefineDomainParams;
import io.virtdataplane.kubevirt.hooks.v1alpha3.OnDefineDomainResult;
import io.virtdataplane.kubevirt.hooks.v1alpha3.PreCloudInitIsoParams;
import io.virtdataplane.kubevirt.hooks.v1alpha3.PreCloudInitIsoResult;
import io.virtdataplane.kubevirt.hooks.v1alpha3.ShutdownParams;
import io.virtdataplane.kubevirt.hooks.v1alpha3.ShutdownResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The hook sidecar of a network binding plugin: a gRPC server in the launcher's pod that
 * virt-launcher asks while it prepares the domain. Needs no privilege and no daemon.
 */
public final class Hook implements AutoCloseable {
    private static final String VERSION = "v1alpha3";
    private static final List<String> POINTS =
            List.of("OnDefineDomain", "PreCloudInitIso", "Shutdown");
    private static final Path DEVICES = Path.of("/sys/class/net");
    private static final int MULTI_QUEUE = 0x100; // IFF_MULTI_QUEUE, linux/if_tun.h
    private static final int MAX_MESSAGE = 8 << 20;
    private final Path socket;
    private final String binding;
    private final String tap;
    private final CountDownLatch ended = new CountDownLatch(1);
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Server server;

    /**
     * @param binding name of the network binding plugin in KubeVirt's configuration
     * @param tap the pod's device that the domain's interface is to open
     */
    public Hook(Path socket, String binding, String tap) throws IOException {
        this.socket = socket;
        this.binding = binding;
        this.tap = tap;
        Files.createDirectories(socket.getParent());
        Files.deleteIfExists(socket); // of a container that was restarted
        server =
                NettyServerBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                        .channelType(EpollServerDomainSocketChannel.class)
                        .bossEventLoopGroup(loop)
                        .workerEventLoopGroup(loop)
                        .directExecutor()
                        .maxInboundMessageSize(MAX_MESSAGE)
                        .addService(new InfoService())
                        .addService(new Callbacks())
                        .build()
                        .start();
    }

    /** Until virt-launcher says that the sidecar may end. */
    public void await() throws InterruptedException {
        ended.await();
    }

    private final class InfoService extends InfoGrpc.InfoImplBase {
        @Override
        public void info(InfoParams request, StreamObserver<InfoResult> response) {
            InfoResult.Builder result =
                    InfoResult.newBuilder().setName(binding).addVersions(VERSION);
            POINTS.forEach(point -> result.addHookPoints(HookPoint.newBuilder().setName(point)));
            answer(response, result::build);
        }
    }

    private final class Callbacks extends CallbacksGrpc.CallbacksImplBase {
        @Override
        public void onDefineDomain(
                OnDefineDomainParams request, StreamObserver<OnDefineDomainResult> response) {
            answer(
                    response,
                    () -> {
                        Instance instance = Instance.parse(request.getVmi().toByteArray(), binding);
                        byte[] xml =
                                DomainXml.point(
                                        request.getDomainXML().toByteArray(),
                                        instance,
                                        new DomainXml.Tap(tap, mtu(), isMultiQueue()));
                        return OnDefineDomainResult.newBuilder()
                                .setDomainXML(ByteString.copyFrom(xml))
                                .build();
                    });
        }

        @Override
        public void preCloudInitIso(
                PreCloudInitIsoParams request, StreamObserver<PreCloudInitIsoResult> response) {
            answer(
                    response,
                    () -> {
                        byte[] data =
                                CloudInitData.complete(
                                        request.getCloudInitData().toByteArray(),
                                        Instance.parse(request.getVmi().toByteArray(), binding));
                        return PreCloudInitIsoResult.newBuilder()
                                .setCloudInitNoCloudSource(request.getCloudInitNoCloudSource())
                                .setCloudInitData(ByteString.copyFrom(data))
                                .build();
                    });
        }

        @Override
        public void shutdown(ShutdownParams request, StreamObserver<ShutdownResult> response) {
            answer(response, ShutdownResult::getDefaultInstance);
            ended.countDown();
        }
    }

    private static <T> void answer(StreamObserver<T> response, Supplier<T> work) {
        T result;
        try {
            result = work.get();
        } catch (IllegalArgumentException e) { // virt-launcher prints it as the VMI's error
            response.onError(
                    Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
            return;
        }
        response.onNext(result);
        response.onCompleted();
    }

    /** 0 where the tap is not there. */
    private int mtu() {
        try {
            return Integer.parseInt(Files.readString(DEVICES.resolve(tap).resolve("mtu")).strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    private boolean isMultiQueue() {
        try {
            String flags = Files.readString(DEVICES.resolve(tap).resolve("tun_flags")).strip();
            return (Integer.decode(flags) & MULTI_QUEUE) != 0;
        } catch (IOException | NumberFormatException e) {
            return false;
        }
    }

    @Override
    public void close() {
        server.shutdown();
        try {
            server.awaitTermination(2, TimeUnit.SECONDS);
            Files.deleteIfExists(socket);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            throw new IllegalStateException("remove " + socket, e);
        } finally {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }
}
