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
        description = "Take the VFs of a machine back and restore their earlier attributes.",
        mixinStandardHelpOptions = true)
final class SriovDetachCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;

    @Option(
            names = {"-n", "--namespace"},
            defaultValue = "",
            paramLabel = "NAMESPACE",
            description = "Namespace of the machine, where several machines have this name.")
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
