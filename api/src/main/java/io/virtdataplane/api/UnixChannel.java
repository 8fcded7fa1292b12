package io.virtdataplane.api;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A gRPC channel to a UNIX socket: the daemon's, or one of the kubelet's. Connects with the first
 * call; {@link #close} ends all calls.
 */
public final class UnixChannel implements AutoCloseable {
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ManagedChannel channel;

    /**
     * @param maxMessage longest answer that is taken, in bytes
     */
    public UnixChannel(Path socket, int maxMessage) {
        channel =
                NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                        .channelType(EpollDomainSocketChannel.class)
                        .eventLoopGroup(loop)
                        .directExecutor()
                        .overrideAuthority("localhost") // other servers refuse a path as one
                        .usePlaintext()
                        .maxInboundMessageSize(maxMessage)
                        .build();
    }

    /** For stubs. */
    public ManagedChannel channel() {
        return channel;
    }

    @Override
    public void close() {
        channel.shutdownNow();
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }
}
