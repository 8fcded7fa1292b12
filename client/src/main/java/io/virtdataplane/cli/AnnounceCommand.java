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
            "Five times in 0.8 s, by RARP, gratuitous ARP and unsolicited Neighbor Advertisement: where the station of a guest on a bridge is, or the addresses of a masquerade NIC's pod. The guest of a masquerade NIC gets the address of its gateway.",
            "An incoming NIC announces itself at the guest's first frame."
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
