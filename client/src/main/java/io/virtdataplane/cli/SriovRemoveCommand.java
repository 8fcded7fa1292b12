package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.RemoveNetworkRequest;
import io.virtdataplane.api.RemovePolicyRequest;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "remove",
        description =
                "Remove a policy or a network. Cards that no policy selects any more get back the state that they had before the first policy.",
        mixinStandardHelpOptions = true)
final class SriovRemoveCommand implements Callable<Integer> {
    /** What can be removed. */
    enum Kind {
        policy,
        network
    }

    @Mixin private SocketOption socket;

    @Parameters(index = "0", paramLabel = "KIND", description = "One of: ${COMPLETION-CANDIDATES}.")
    private Kind kind;

    @Parameters(
            index = "1",
            paramLabel = "NAME",
            description = "Name of the policy, or NAMESPACE/NAME of the network.")
    private String name;

    @Override
    public Integer call() {
        try (Client client = socket.connect()) {
            if (kind == Kind.network) {
                client.sriov()
                        .removeNetwork(RemoveNetworkRequest.newBuilder().setName(name).build());
                System.out.println("sriovnetwork/" + name + " removed");
                return 0;
            }
            long pass =
                    client.sriov()
                            .removePolicy(RemovePolicyRequest.newBuilder().setName(name).build())
                            .getPass();
            System.out.println("sriovnetworknodepolicy/" + name + " removed");
            return SriovWait.until(client, pass);
        }
    }
}
