package io.virtdataplane.daemon.cli;

import io.virtdataplane.daemon.api.AppliedObject;
import io.virtdataplane.daemon.api.ApplyRequest;
import io.virtdataplane.daemon.api.ApplyResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "apply",
        description =
                "Takes NodeNetworkConfigurationPolicies and NetworkAttachmentDefinitions. A policy that costs the node its default gateway is rolled back.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ApplyCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;
    @Mixin private Output output;

    @Option(
            names = {"-f", "--filename"},
            required = true,
            paramLabel = "FILE",
            description = "One manifest or several; - is standard input.")
    private String file;

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

    @Override
    public Integer call() throws IOException {
        String manifest =
                file.equals("-")
                        ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
                        : Files.readString(Path.of(file));
        ApplyRequest request =
                ApplyRequest.newBuilder()
                        .setManifest(manifest)
                        .setUplinks(uplinks)
                        .setHostPort(hostPort)
                        .setProbeSeconds(probeSeconds)
                        .build();
        try (Client client = socket.connect()) {
            ApplyResponse response = client.networks().apply(request);
            if (!output.print(response, System.out)) {
                response.getObjectsList().forEach(ApplyCommand::print);
            }
            return response.getObjectsList().stream().anyMatch(ApplyCommand::hasFailed) ? 1 : 0;
        }
    }

    private static boolean hasFailed(AppliedObject object) {
        return object.getResult().equals("failed");
    }

    private static void print(AppliedObject object) {
        String line = object.getKind() + "/" + object.getName() + " " + object.getResult();
        if (hasFailed(object)) {
            System.err.println("virt-dataplane: " + line + ": " + object.getMessage());
        } else {
            System.out.println(line);
        }
    }
}
