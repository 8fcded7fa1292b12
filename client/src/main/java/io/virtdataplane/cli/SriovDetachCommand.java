package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.DetachVfRequest;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "detach",
        description = "Takes a machine's virtual functions back and sets them as they were.",
        mixinStandardHelpOptions = true)
final class SriovDetachCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;

    @Option(
            names = {"-n", "--namespace"},
            defaultValue = "",
            paramLabel = "NAMESPACE",
            description = "Where machines of several namespaces have the name.")
    private String namespace;

    @Parameters(paramLabel = "MACHINE[/INTERFACE]")
    private String name;

    @Override
    public Integer call() {
        try (Client client = socket.connect()) {
            String addresses =
                    String.join(
                            ", ",
                            client.sriov()
                                    .detachVf(
                                            DetachVfRequest.newBuilder()
                                                    .setNamespace(namespace)
                                                    .setName(name)
                                                    .build())
                                    .getPciAddressesList());
            System.out.println("vf/" + name + " detached: " + addresses);
        }
        return 0;
    }
}
