package io.virtdataplane.daemon.kubelet;

import io.grpc.BindableService;
import io.virtdataplane.api.UnixChannel;
import io.virtdataplane.daemon.rpc.UnixServer;
import io.virtdataplane.kubelet.deviceplugin.RegisterRequest;
import io.virtdataplane.kubelet.deviceplugin.RegistrationGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** The kubelet's directory: its socket, where plugins register, and the plugins' own beside it. */
final class KubeletDirectory {
    private static final long REGISTER_SECONDS = 5;
    private static final int LONGEST_ANSWER = 4 << 20; // gRPC's own limit
    private static final int LONGEST_PATH = 107; // linux/un.h: UNIX_PATH_MAX with its NUL
    private static final String SUFFIX = ".sock";
    private final Path directory;
    private final Path kubelet;

    KubeletDirectory(Path directory) {
        this.directory = directory;
        this.kubelet = directory.resolve("kubelet.sock");
    }

    /** Changes when another kubelet has made the socket; empty where there is none. */
    String identity() {
        try {
            return Files.readAttributes(kubelet, "unix:ino,ctime").toString();
        } catch (IOException e) {
            return "";
        }
    }

    /** Name of a resource's socket: its own, unless no address can hold the path. */
    String socketOf(String resourceName) {
        String name = resourceName.replace('/', '_') + SUFFIX;
        boolean fits =
                directory.resolve(name).toString().getBytes(StandardCharsets.UTF_8).length
                        <= LONGEST_PATH;
        return fits ? name : UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)) + SUFFIX;
    }

    boolean has(String socket) {
        return Files.exists(directory.resolve(socket));
    }

    UnixServer serve(String socket, BindableService service) {
        Path path = directory.resolve(socket);
        try {
            Files.deleteIfExists(path); // a dead daemon's
            return UnixServer.open(path, service);
        } catch (IOException e) {
            throw new UncheckedIOException("listen on " + path + ": " + e.getMessage(), e);
        }
    }

    /** Throws StatusRuntimeException where the kubelet refuses or does not answer. */
    void register(RegisterRequest request) {
        try (UnixChannel channel = new UnixChannel(kubelet, LONGEST_ANSWER)) {
            RegistrationGrpc.newBlockingStub(channel.channel())
                    .withDeadlineAfter(REGISTER_SECONDS, TimeUnit.SECONDS)
                    .register(request);
        }
    }
}
