package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.DetachRequest;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "detach",
        description = "Detach a NIC. The pod's network is then as it was before attach.",
        mixinStandardHelpOptions = true)
final class DetachCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;

    @Parameters(paramLabel = "MACHINE[/INTERFACE]")
    private String name;

    @Override
    public Integer call() {
        try (Client client = socket.connect()) {
            client.call().detach(DetachRequest.newBuilder().setName(name).build());
            System.out.println("nic/" + name + " detached");
        }
        return 0;
    }
}
