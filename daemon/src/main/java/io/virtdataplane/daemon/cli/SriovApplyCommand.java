package io.virtdataplane.daemon.cli;

import io.virtdataplane.daemon.api.ApplyNetworkRequest;
import io.virtdataplane.daemon.api.ApplyPolicyRequest;
import io.virtdataplane.daemon.api.ApplyPolicyResponse;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "apply",
        description =
                "Applies a SriovNetworkNodePolicy or a SriovNetwork, and waits until the cards are in line.",
        mixinStandardHelpOptions = true)
final class SriovApplyCommand implements Callable<Integer> {
    /** Only tells which call it is; the daemon reads the manifest. */
    private static final Pattern NETWORK =
            Pattern.compile("(?m)^\\W*\"?kind\"?\\s*:\\s*[\"']?SriovNetwork[\"']?\\s*,?\\s*$");

    @Mixin private SocketOption socket;
    @Mixin private ManifestOption manifest;

    @Option(names = "--no-wait", description = "Do not wait for the cards.")
    private boolean noWait;

    @Override
    public Integer call() throws IOException {
        String text = manifest.read();
        try (Client client = socket.connect()) {
            if (NETWORK.matcher(text).find()) {
                String name =
                        client.sriov()
                                .applyNetwork(
                                        ApplyNetworkRequest.newBuilder().setManifest(text).build())
                                .getName();
                System.out.println("sriovnetwork/" + name + " applied");
                return 0;
            }
            ApplyPolicyResponse policy =
                    client.sriov()
                            .applyPolicy(ApplyPolicyRequest.newBuilder().setManifest(text).build());
            System.out.println("sriovnetworknodepolicy/" + policy.getName() + " applied");
            return noWait ? 0 : SriovWait.until(client, policy.getPass());
        }
    }
}
