package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.RenderNetworkRequest;
import io.virtdataplane.api.RenderedNetwork;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "render",
        description = "Print the NetworkAttachmentDefinition of a SriovNetwork.",
        mixinStandardHelpOptions = true)
final class SriovRenderCommand implements Callable<Integer> {
    /** Of the definition, or its CNI configuration alone. */
    enum Format {
        yaml,
        json,
        config
    }

    @Mixin private SocketOption socket;
    @Mixin private ManifestOption manifest;

    @Option(
            names = {"-o", "--output"},
            defaultValue = "yaml",
            paramLabel = "FORMAT",
            description = "One of: ${COMPLETION-CANDIDATES}.")
    private Format format;

    @Override
    public Integer call() throws IOException {
        RenderNetworkRequest request =
                RenderNetworkRequest.newBuilder().setManifest(manifest.read()).build();
        try (Client client = socket.connect()) {
            RenderedNetwork network = client.sriov().renderNetwork(request);
            switch (format) {
                case yaml -> System.out.print(network.getYaml());
                case json -> System.out.print(network.getJson());
                case config -> System.out.println(network.getConfig());
            }
        }
        return 0;
    }
}
