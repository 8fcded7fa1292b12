package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.DrainRequest;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "drain",
        description = {
            "Take the traffic off a NIC, or all NICs of a machine, that its guest leaves by live migration.",
            "Nothing is taken from the guest or for it any more, in silence: no connection is refused. The NIC stays attached, and so do its sessions, for session export."
        },
        mixinStandardHelpOptions = true)
final class DrainCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;

    @Parameters(paramLabel = "MACHINE[/INTERFACE]", description = "MACHINE: all its NICs.")
    private String name;

    @Option(
            names = "--cancel",
            description = "The migration has failed: the guest stays, and its NIC is announced.")
    private boolean cancel;

    @Override
    public Integer call() {
        try (Client client = socket.connect()) {
            List<String> nics =
                    client.call()
                            .drain(
                                    DrainRequest.newBuilder()
                                            .setName(name)
                                            .setCancel(cancel)
                                            .build())
                            .getNicsList();
            nics.forEach(
                    nic ->
                            System.out.println(
                                    "nic/" + nic + (cancel ? " active again" : " drained")));
        }
        return 0;
    }
}
