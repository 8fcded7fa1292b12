package io.virtdataplane.daemon.cli;

import io.virtdataplane.daemon.api.DeleteRequest;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "delete",
        description =
                "Forgets a policy or a network attachment definition. A bridge outlives its policy; a policy with state: absent removes it.",
        mixinStandardHelpOptions = true)
final class DeleteCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;

    @Parameters(index = "0", paramLabel = "KIND", description = "nncp or net-attach-def.")
    private String kind;

    @Parameters(index = "1", paramLabel = "[NAMESPACE/]NAME")
    private String name;

    @Override
    public Integer call() {
        try (Client client = socket.connect()) {
            client.networks()
                    .delete(
                            DeleteRequest.newBuilder()
                                    .setKind(kind.toLowerCase(Locale.ROOT))
                                    .setName(name)
                                    .build());
            System.out.println(kind + "/" + name + " deleted");
        }
        return 0;
    }
}
