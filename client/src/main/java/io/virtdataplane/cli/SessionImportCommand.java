package io.virtdataplane.cli;

import com.google.protobuf.ByteString;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.ImportSessionsRequest;
import io.virtdataplane.api.ImportSessionsResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "import",
        description = {
            "Give a NIC the sessions that session export has written on another node, from standard input.",
            "They are taken whole or refused: the pod has the same addresses there and here, and the NIC has room for all of them."
        },
        mixinStandardHelpOptions = true)
final class SessionImportCommand implements Callable<Integer> {
    private static final int PIECE = 64 << 10;

    @Mixin private SocketOption socket;

    @Parameters(paramLabel = "MACHINE[/INTERFACE]")
    private String name;

    @Option(
            names = "--reset",
            description =
                    "The pod has another address here: reset the guest's TCP connections among them, which would hang, as soon as the guest is here.")
    private boolean reset;

    @Override
    public Integer call() throws IOException {
        try (Client client = socket.connect()) {
            ImportSessionsResponse taken = send(client, System.in);
            System.out.println(
                    "nic/"
                            + name
                            + (reset ? " resets connections=" : " has taken sessions=")
                            + taken.getTaken()
                            + " left out="
                            + taken.getLeftOut());
        }
        return 0;
    }

    /** Written as fast as the daemon reads. */
    private ImportSessionsResponse send(Client client, InputStream from) throws IOException {
        try {
            BlockingClientCall<ImportSessionsRequest, ImportSessionsResponse> call =
                    client.streaming().importSessions();
            boolean isWanted =
                    call.write(
                            ImportSessionsRequest.newBuilder()
                                    .setNic(name)
                                    .setReset(reset)
                                    .build());
            byte[] piece;
            while (isWanted && (piece = from.readNBytes(PIECE)).length > 0) {
                isWanted =
                        call.write(
                                ImportSessionsRequest.newBuilder()
                                        .setData(ByteString.copyFrom(piece))
                                        .build());
            }
            call.halfClose();
            return call.read();
        } catch (StatusException e) {
            throw e.getStatus().asRuntimeException(e.getTrailers());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
