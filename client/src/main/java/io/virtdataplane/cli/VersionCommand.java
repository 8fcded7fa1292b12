package io.virtdataplane.cli;

import io.grpc.StatusRuntimeException;
import io.virtdataplane.api.Client;
import io.virtdataplane.api.Endpoint;
import io.virtdataplane.api.GetVersionRequest;
import io.virtdataplane.api.Version;
import io.virtdataplane.cli.view.Output;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "version",
        description = "Print the version of this client and of the daemon.",
        mixinStandardHelpOptions = true)
final class VersionCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;
    @Mixin private Output output;

    @Option(names = "--client", description = "Do not ask the daemon.")
    private boolean clientOnly;

    @Override
    public Integer call() {
        if (clientOnly) {
            System.out.println("client " + Endpoint.VERSION);
            return 0;
        }
        try (Client client = socket.connect()) {
            Version version = client.call().getVersion(GetVersionRequest.getDefaultInstance());
            if (!output.print(version, System.out)) {
                System.out.println("client " + Endpoint.VERSION);
                System.out.println(
                        "daemon "
                                + version.getVersion()
                                + ", Java "
                                + version.getJava()
                                + ", Linux "
                                + version.getKernel()
                                + ", "
                                + version.getWorkers()
                                + " worker(s) on "
                                + version.getPoller());
            }
            return 0;
        } catch (StatusRuntimeException e) {
            System.out.println("client " + Endpoint.VERSION);
            throw e;
        }
    }
}
