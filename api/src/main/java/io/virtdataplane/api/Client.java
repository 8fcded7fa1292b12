package io.virtdataplane.api;

import java.nio.file.Path;

/** A connection to the daemon's socket, with a stub of each service. */
public final class Client implements AutoCloseable {
    private static final int MAX_MESSAGE = 64 << 20;
    private final UnixChannel socket;

    public Client(Path path) {
        socket = new UnixChannel(path, MAX_MESSAGE);
    }

    public DataplaneGrpc.DataplaneBlockingStub call() {
        return DataplaneGrpc.newBlockingStub(socket.channel());
    }

    /** For calls whose request is a stream. */
    public DataplaneGrpc.DataplaneBlockingV2Stub streaming() {
        return DataplaneGrpc.newBlockingV2Stub(socket.channel());
    }

    public NetworksGrpc.NetworksBlockingStub networks() {
        return NetworksGrpc.newBlockingStub(socket.channel());
    }

    public SriovGrpc.SriovBlockingStub sriov() {
        return SriovGrpc.newBlockingStub(socket.channel());
    }

    @Override
    public void close() {
        socket.close();
    }
}
