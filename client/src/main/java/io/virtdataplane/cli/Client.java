package io.virtdataplane.cli;

import io.virtdataplane.api.DataplaneGrpc;
import io.virtdataplane.api.NetworksGrpc;
import io.virtdataplane.api.SriovGrpc;
import io.virtdataplane.api.UnixChannel;
import java.nio.file.Path;

/** A connection to the daemon's socket. */
final class Client implements AutoCloseable {
    private static final int MAX_MESSAGE = 64 << 20;
    private final UnixChannel socket;

    Client(Path path) {
        socket = new UnixChannel(path, MAX_MESSAGE);
    }

    DataplaneGrpc.DataplaneBlockingStub call() {
        return DataplaneGrpc.newBlockingStub(socket.channel());
    }

    NetworksGrpc.NetworksBlockingStub networks() {
        return NetworksGrpc.newBlockingStub(socket.channel());
    }

    SriovGrpc.SriovBlockingStub sriov() {
        return SriovGrpc.newBlockingStub(socket.channel());
    }

    @Override
    public void close() {
        socket.close();
    }
}
