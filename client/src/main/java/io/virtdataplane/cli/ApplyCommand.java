package io.virtdataplane.cli;

import io.virtdataplane.api.ApplyRequest;
import io.virtdataplane.api.ApplyResponse;
import io.virtdataplane.api.Client;
import io.virtdataplane.cli.view.Output;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "apply",
        description =
                "Takes NodeNetworkConfigurationPolicies, NetworkAttachmentDefinitions, SriovNetworkNodePolicies and SriovNetworks. A file is refused whole where one of its objects is wrong. A network policy that costs the node its default gateway is rolled back; for SR-IOV policies it waits until the cards are in line.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ApplyCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;
    @Mixin private Output output;

    @Mixin private ManifestOption manifest;

    @Option(
            names = "--uplinks",
            defaultValue = "",
            paramLabel = "take|share",
            description =
                    "take: the node's own kernel gets nothing that arrives at a bridge's uplinks (default); share: it gets all, too.")
    private String uplinks;

    @Option(
            names = "--host-port",
            description = "The node has a device of each bridge's name on it, in VLAN 1.")
    private boolean hostPort;

    @Option(
            names = "--probe-seconds",
            defaultValue = "0",
            paramLabel = "S",
            description = "Until the node's default gateway must answer again (default: 120).")
    private int probeSeconds;

    @Option(names = "--no-wait", description = "Do not wait for SR-IOV cards.")
    private boolean noWait;

    @Override
    public Integer call() throws IOException {
        ApplyRequest request =
                ApplyRequest.newBuilder()
                        .setManifest(manifest.read())
                        .setUplinks(uplinks)
                        .setHostPort(hostPort)
                        .setProbeSeconds(probeSeconds)
                        .build();
        try (Client client = socket.connect()) {
            ApplyResponse response = client.networks().apply(request);
            boolean isData = output.print(response, System.out);
            if (!isData) {
                AppliedObjects.print(response.getObjectsList());
            }
            PrintStream out = isData ? System.err : System.out;
            return AppliedObjects.await(client, response.getObjectsList(), noWait, out);
        }
    }
}
