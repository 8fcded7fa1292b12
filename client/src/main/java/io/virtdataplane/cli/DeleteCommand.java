package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.DeleteRequest;
import io.virtdataplane.api.DeleteResponse;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "delete",
        description =
                "Forgets one object, or those of a file: where one of them is not there, or is a NetworkAttachmentDefinition in use, none. A bridge outlives its policy; a policy with state: absent removes it. Cards that no SR-IOV policy selects any more are put back to what they were.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class DeleteCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private SocketOption socket;

    @Parameters(
            index = "0",
            arity = "0..1",
            defaultValue = "",
            paramLabel = "KIND",
            description = "nncp, net-attach-def, sriov-policy or sriov-network.")
    private String kind;

    @Parameters(index = "1", arity = "0..1", defaultValue = "", paramLabel = "[NAMESPACE/]NAME")
    private String name;

    @Option(
            names = {"-f", "--filename"},
            defaultValue = "",
            paramLabel = "FILE",
            description =
                    "In place of KIND and NAME: a file as apply takes it; - is standard input.")
    private String file;

    @Option(names = "--no-wait", description = "Do not wait for SR-IOV cards.")
    private boolean noWait;

    @Override
    public Integer call() throws IOException {
        boolean isNamed = !kind.isEmpty() && !name.isEmpty();
        if (isNamed == !file.isEmpty() || kind.isEmpty() != name.isEmpty()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "either KIND and NAME must be given or -f FILE");
        }
        DeleteRequest request =
                isNamed
                        ? DeleteRequest.newBuilder()
                                .setKind(kind.toLowerCase(Locale.ROOT))
                                .setName(name)
                                .build()
                        : DeleteRequest.newBuilder().setManifest(ManifestOption.read(file)).build();
        try (Client client = socket.connect()) {
            DeleteResponse response = client.networks().delete(request);
            AppliedObjects.print(response.getObjectsList());
            return AppliedObjects.await(client, response.getObjectsList(), noWait, System.out);
        }
    }
}
