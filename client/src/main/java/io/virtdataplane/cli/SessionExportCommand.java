package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ExportSessionsRequest;
import io.virtdataplane.api.SessionBytes;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Iterator;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "export",
        description = {
            "Write the sessions of a NIC to standard output, for session import on another node.",
            "The NIC is drained before, so that none is missing."
        },
        mixinStandardHelpOptions = true)
final class SessionExportCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;

    @Parameters(paramLabel = "MACHINE[/INTERFACE]")
    private String name;

    @Override
    public Integer call() throws IOException {
        if (System.console() != null && System.console().isTerminal()) {
            throw new IllegalArgumentException(
                    "output must be a file or a pipe, it is no text: session export "
                            + name
                            + " > FILE");
        }
        try (Client client = socket.connect();
                OutputStream out = new FileOutputStream(FileDescriptor.out)) {
            Iterator<SessionBytes> pieces =
                    client.call()
                            .exportSessions(
                                    ExportSessionsRequest.newBuilder().setNic(name).build());
            while (pieces.hasNext()) {
                pieces.next().getData().writeTo(out);
            }
        }
        return 0;
    }
}
