package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.Endpoint;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the daemon listens. */
final class SocketOption {
    @Option(
            names = "--socket",
            paramLabel = "PATH",
            defaultValue = "${env:VIRT_DATAPLANE_SOCKET:-" + Endpoint.DEFAULT_SOCKET + "}",
            description =
                    "Socket of the daemon (default: ${DEFAULT-VALUE}; environment: VIRT_DATAPLANE_SOCKET).")
    private Path socket;

    Client connect() {
        return new Client(socket);
    }
}
