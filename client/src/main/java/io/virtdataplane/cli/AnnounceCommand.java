package io.virtdataplane.cli;

import io.virtdataplane.api.AnnounceRequest;
import io.virtdataplane.api.Client;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "announce",
        description = {
            "Announce a NIC, as after a migration.",
            "The guest of a masquerade NIC gets the address of its gateway (gratuitous ARP, unsolicited Neighbor Advertisement). The bridge of a NIC on a bridge gets the place of the guest's MAC address (RARP)."
        },
        mixinStandardHelpOptions = true)
final class AnnounceCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;

    @Parameters(paramLabel = "MACHINE[/INTERFACE]")
    private String name;

    @Override
    public Integer call() {
        try (Client client = socket.connect()) {
            client.call().announce(AnnounceRequest.newBuilder().setName(name).build());
            System.out.println("nic/" + name + " announced");
        }
        return 0;
    }
}
