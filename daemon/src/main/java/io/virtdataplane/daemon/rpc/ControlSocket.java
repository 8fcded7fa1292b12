package io.virtdataplane.daemon.rpc;

import io.grpc.BindableService;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The control API on its guarded socket, with server reflection and the standard health service.
 */
public final class ControlSocket implements AutoCloseable {
    private final UnixServer server;

    /**
     * @param group whose members may use it; empty: root and the daemon's own user only
     * @param check throws where the daemon is not well
     */
    public ControlSocket(Path path, String group, Runnable check, BindableService... services)
            throws IOException {
        GuardedSocket socket = GuardedSocket.take("control", path, group);
        server = UnixServer.guarded(socket, all(check, services));
        socket.restrict();
    }

    /** Reflection in both versions, as clients ask for either. */
    @SuppressWarnings("deprecation") // of v1alpha
    private static BindableService[] all(Runnable check, BindableService... services) {
        Set<String> names =
                Arrays.stream(services)
                        .map(each -> each.bindService().getServiceDescriptor().getName())
                        .collect(Collectors.toSet());
        return Stream.concat(
                        Arrays.stream(services),
                        Stream.of(
                                new HealthService(names, check),
                                ProtoReflectionServiceV1.newInstance(),
                                ProtoReflectionService.newInstance()))
                .toArray(BindableService[]::new);
    }

    @Override
    public void close() {
        server.close();
    }
}
