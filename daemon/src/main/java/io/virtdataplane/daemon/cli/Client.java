package io.virtdataplane.daemon.cli;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.virtdataplane.daemon.api.DataplaneGrpc;
import io.virtdataplane.daemon.api.NetworksGrpc;
import io.virtdataplane.daemon.api.SriovGrpc;
import java.nio.file.Path;

/** A connection to the daemon's socket. */
final class Client implements AutoCloseable {
    private static final int MAX_MESSAGE = 64 << 20;
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ManagedChannel channel;

    Client(Path socket) {
        channel =
                NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                        .channelType(EpollDomainSocketChannel.class)
                        .eventLoopGroup(loop)
                        .directExecutor()
                        .usePlaintext()
                        .maxInboundMessageSize(MAX_MESSAGE)
                        .build();
    }

    DataplaneGrpc.DataplaneBlockingStub call() {
        return DataplaneGrpc.newBlockingStub(channel);
    }

    NetworksGrpc.NetworksBlockingStub networks() {
        return NetworksGrpc.newBlockingStub(channel);
    }

    SriovGrpc.SriovBlockingStub sriov() {
        return SriovGrpc.newBlockingStub(channel);
    }

    @Override
    public void close() {
        channel.shutdownNow();
        loop.shutdownGracefully(0, 0, java.util.concurrent.TimeUnit.SECONDS);
    }
}
