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
        description = {
            "Delete one object, or all objects of a file. Objects of a file of other kinds are left.",
            "Where one object is missing, or is a NetworkAttachmentDefinition in use by a NIC, none is deleted.",
            "The addresses and node ports of a Service are free for others at once.",
            "A bridge stays when its policy is deleted. To remove a bridge, apply a policy with state: absent.",
            "Cards that no SR-IOV policy selects any more get back the state that they had before the first policy."
        },
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
            description = "nncp, net-attach-def, sriov-policy, sriov-network or service.")
    private String kind;

    @Parameters(index = "1", arity = "0..1", defaultValue = "", paramLabel = "[NAMESPACE/]NAME")
    private String name;

    @Option(
            names = {"-f", "--filename"},
            defaultValue = "",
            paramLabel = "FILE",
            description = "In place of KIND and NAME: a manifest; - is standard input.")
    private String file;

    @Option(
            names = {"-n", "--namespace"},
            defaultValue = "",
            paramLabel = "NAMESPACE",
            description = "Of NAME, as in NAMESPACE/NAME.")
    private String namespace;

    @Option(
            names = "--no-wait",
            description = "Do not wait until SR-IOV cards match the remaining policies.")
    private boolean noWait;

    @Override
    public Integer call() throws IOException {
        boolean isNamed = !kind.isEmpty() && !name.isEmpty();
        if (isNamed == !file.isEmpty() || kind.isEmpty() != name.isEmpty()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "give either KIND and NAME, or -f FILE");
        }
        boolean isTwice = !namespace.isEmpty() && (!isNamed || name.contains("/"));
        if (isTwice) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "--namespace must be with a NAME that has none: name=" + name);
        }
        DeleteRequest request =
                isNamed
                        ? DeleteRequest.newBuilder()
                                .setKind(kind.toLowerCase(Locale.ROOT))
                                .setName(namespace.isEmpty() ? name : namespace + "/" + name)
                                .build()
                        : DeleteRequest.newBuilder().setManifest(ManifestOption.read(file)).build();
        try (Client client = socket.connect()) {
            DeleteResponse response = client.networks().delete(request);
            Notices.left(response.getLeftList(), System.err);
            AppliedObjects.print(response.getObjectsList());
            return AppliedObjects.await(client, response.getObjectsList(), noWait, System.out);
        }
    }
}
