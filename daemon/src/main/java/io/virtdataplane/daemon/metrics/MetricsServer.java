package io.virtdataplane.daemon.metrics;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.virtdataplane.daemon.rpc.GuardedSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Serves metrics over HTTP on a UNIX socket, and on a loopback address where one is set. One scrape
 * is done at a time.
 */
public final class MetricsServer implements AutoCloseable {
    private static final int MOST_CONNECTIONS = 32;
    private static final int MOST_WAITING = 16;
    private static final int LONGEST_BODY = 1024;
    private static final int SILENCE_SECONDS = 600; // scrapes are minutes apart at most
    private final MetricsConfig config;
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ThreadPoolExecutor scrapes =
            new ThreadPoolExecutor(
                    1, 1, 1, TimeUnit.MINUTES, new ArrayBlockingQueue<>(MOST_WAITING));
    private final AtomicInteger connections = new AtomicInteger();
    private final MetricsHandler handler;

    public MetricsServer(MetricsConfig config, Scrape scrape) throws IOException {
        this.config = config;
        this.handler = new MetricsHandler(scrape, scrapes);
        scrapes.allowCoreThreadTimeOut(true);
        try {
            if (config.socket().isPresent()) {
                listen(config.socket().get());
            }
            if (config.address().isPresent()) {
                bind(EpollServerSocketChannel::new, config.address().get(), "address");
            }
        } catch (IOException | RuntimeException e) {
            endThreads();
            throw e;
        }
    }

    private void listen(Path path) throws IOException {
        GuardedSocket socket = GuardedSocket.take("metrics", path, config.group());
        bind(socket::listener, new DomainSocketAddress(path.toFile()), "socket");
        socket.restrict();
    }

    private void bind(
            ChannelFactory<? extends ServerChannel> listener, SocketAddress to, String setting) {
        var bound =
                new ServerBootstrap()
                        .group(loop)
                        .channelFactory(listener)
                        .childHandler(new Connections())
                        .bind(to)
                        .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IllegalArgumentException(
                    "metrics.%s must be free to listen on: %s=%s: %s"
                            .formatted(setting, setting, text(to), bound.cause().getMessage()),
                    bound.cause());
        }
    }

    private static String text(SocketAddress address) {
        return address.toString().replaceFirst("^/(?=[0-9\\[])", "");
    }

    /** More than a few clients are a fault of theirs. */
    private final class Connections extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            if (connections.incrementAndGet() > MOST_CONNECTIONS) {
                channel.close();
            }
            channel.closeFuture().addListener(closed -> connections.decrementAndGet());
            channel.pipeline()
                    .addLast(
                            new ReadTimeoutHandler(SILENCE_SECONDS),
                            new HttpServerCodec(),
                            new HttpServerKeepAliveHandler(),
                            new HttpObjectAggregator(LONGEST_BODY),
                            handler);
        }
    }

    private void endThreads() {
        scrapes.shutdownNow();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        endThreads();
        try {
            if (config.socket().isPresent()) {
                Files.deleteIfExists(config.socket().get());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("remove " + config.socket(), e);
        }
    }
}
