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
        description = {
            "Apply the objects of a manifest.",
            "Kinds: NodeNetworkConfigurationPolicy, NetworkAttachmentDefinition, SriovNetworkNodePolicy, SriovNetwork, Service. Objects of other kinds are left, and named on standard error. Where one object is wrong, the whole file is refused.",
            "Warnings name what an object asks for and is left to others, such as routes of the node.",
            "A network policy that fails is rolled back, kept and tried again. One that cost the node its default gateway is not tried again.",
            "A Service gets its addresses and node ports here, and keeps them until it is deleted.",
            "For SR-IOV policies, the command waits until the cards match them."
        },
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
                    "Who gets the frames that arrive at a bridge's uplinks. take: only the bridge (default); share: also the node's own kernel.")
    private String uplinks;

    @Option(
            names = "--host-port",
            description =
                    "Give the node a device on each bridge, with the name of the bridge, in VLAN 1.")
    private boolean hostPort;

    @Option(
            names = "--probe-seconds",
            defaultValue = "0",
            paramLabel = "S",
            description =
                    "Time in which the node's default gateway must answer again (default: 120).")
    private int probeSeconds;

    @Option(
            names = "--dry-run",
            description = "Check the file against what there is, and change nothing.")
    private boolean dryRun;

    @Option(
            names = "--no-wait",
            description = "Do not wait until SR-IOV cards match their policies.")
    private boolean noWait;

    @Override
    public Integer call() throws IOException {
        ApplyRequest request =
                ApplyRequest.newBuilder()
                        .setManifest(manifest.read())
                        .setUplinks(uplinks)
                        .setHostPort(hostPort)
                        .setProbeSeconds(probeSeconds)
                        .setDryRun(dryRun)
                        .build();
        try (Client client = socket.connect()) {
            ApplyResponse response = client.networks().apply(request);
            AppliedObjects.warn(response.getObjectsList(), System.err);
            Notices.left(response.getLeftList(), System.err);
            boolean isData = output.print(response, System.out);
            if (!isData) {
                AppliedObjects.print(response.getObjectsList(), dryRun ? " (dry run)" : "");
            }
            PrintStream out = isData ? System.err : System.out;
            return AppliedObjects.await(client, response.getObjectsList(), noWait, out);
        }
    }
}
