package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.NatSettings;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.UpdateRequest;
import io.virtdataplane.cli.view.Output;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "set",
        description = {
            "Change the NAT of a masquerade NIC under traffic.",
            "Established sessions continue. The change is kept after a restart."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SetCommand implements Callable<Integer> {
    @Spec private CommandSpec command;
    @Mixin private SocketOption socket;
    @Mixin private Output output;
    @Mixin private NatOptions nat;

    @Parameters(paramLabel = "MACHINE[/INTERFACE]")
    private String name;

    @Override
    public Integer call() {
        NatSettings settings = nat.settings();
        if (settings.getAllFields().isEmpty()) {
            throw new CommandLine.ParameterException(
                    command.commandLine(), "give at least one setting to change");
        }
        try (Client client = socket.connect()) {
            Nic nic =
                    client.call()
                            .update(
                                    UpdateRequest.newBuilder()
                                            .setName(name)
                                            .setNat(settings)
                                            .build());
            if (!output.print(nic, System.out)) {
                System.out.println("nic/" + nic.getName() + " changed");
            }
        }
        return 0;
    }
}
