package io.virtdataplane.daemon.rpc;

import io.grpc.BindableService;
import java.io.IOException;
import java.nio.file.Path;

/** The control API on its guarded socket. */
public final class ControlSocket implements AutoCloseable {
    private final UnixServer server;

    /**
     * @param group whose members may use it; empty: root and the daemon's own user only
     */
    public ControlSocket(Path path, String group, BindableService... services) throws IOException {
        GuardedSocket socket = GuardedSocket.take("control", path, group);
        server = UnixServer.guarded(socket, services);
        socket.restrict();
    }

    @Override
    public void close() {
        server.close();
    }
}
