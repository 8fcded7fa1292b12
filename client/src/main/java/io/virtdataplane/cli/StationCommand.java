package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.SetStationRequest;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "fdb",
        description = "Set or remove a station in a bridge's forwarding database. See: get fdb.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class StationCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;

    @Parameters(index = "0", paramLabel = "BRIDGE")
    private String bridge;

    @Parameters(index = "1", paramLabel = "MAC")
    private String mac;

    @ArgGroup(multiplicity = "1")
    private Wanted wanted;

    /** The entry's port, or its end. */
    private static final class Wanted {
        @Option(
                names = "--port",
                paramLabel = "NAME",
                description = "Port that the station is behind.")
        private String port;

        @Option(names = "--remove", description = "Remove the station.")
        private boolean remove;
    }

    @Option(
            names = "--vlan",
            defaultValue = "0",
            paramLabel = "ID",
            description = "VLAN of the station, where the bridge filters VLANs.")
    private int vlan;

    @Option(names = "--sticky", description = "The station does not move to another port.")
    private boolean sticky;

    @Override
    public Integer call() {
        try (Client client = socket.connect()) {
            client.networks()
                    .setStation(
                            SetStationRequest.newBuilder()
                                    .setBridge(bridge)
                                    .setVlan(vlan)
                                    .setMac(mac)
                                    .setPort(wanted.remove ? "" : wanted.port)
                                    .setSticky(sticky)
                                    .build());
        }
        System.out.println(mac + (wanted.remove ? " removed" : " set"));
        return 0;
    }
}
