package io.virtdataplane.daemon.kubelet;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.virtdataplane.api.UnixChannel;
import io.virtdataplane.daemon.rpc.UnixServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** gRPC over UNIX sockets for tests: servers and channels that end together. */
public final class UnixGrpc implements AutoCloseable {
    private static final int LONGEST_ANSWER = 4 << 20;
    private final List<UnixChannel> channels = new ArrayList<>();
    private final List<UnixServer> servers = new ArrayList<>();

    public UnixServer serve(Path socket, BindableService... services) throws IOException {
        UnixServer server = UnixServer.open(socket, services);
        servers.add(server);
        return server;
    }

    public ManagedChannel connect(Path socket) {
        UnixChannel channel = new UnixChannel(socket, LONGEST_ANSWER);
        channels.add(channel);
        return channel.channel();
    }

    @Override
    public void close() {
        channels.forEach(UnixChannel::close);
        servers.forEach(UnixServer::close);
    }
}
