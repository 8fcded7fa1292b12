package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.NatSettings;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.RateLimits;
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
            "Change the NAT of a masquerade NIC, or the rate limits of any, under traffic.",
            "Established sessions continue. The change is kept after a restart."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SetCommand implements Callable<Integer> {
    @Spec private CommandSpec command;
    @Mixin private SocketOption socket;
    @Mixin private Output output;
    @Mixin private LimitOptions limits;
    @Mixin private NatOptions nat;

    @Parameters(paramLabel = "MACHINE[/INTERFACE]")
    private String name;

    @Override
    public Integer call() {
        NatSettings settings = nat.settings();
        RateLimits rates = limits.limits();
        if (settings.getAllFields().isEmpty() && rates.getAllFields().isEmpty()) {
            throw new CommandLine.ParameterException(
                    command.commandLine(), "give at least one setting to change");
        }
        try (Client client = socket.connect()) {
            Nic nic = client.call().update(request(settings, rates));
            if (!output.print(nic, System.out)) {
                System.out.println("nic/" + nic.getName() + " changed");
            }
        }
        return 0;
    }

    private UpdateRequest request(NatSettings settings, RateLimits rates) {
        UpdateRequest.Builder request = UpdateRequest.newBuilder().setName(name);
        if (!settings.getAllFields().isEmpty()) {
            request.setNat(settings);
        }
        if (!rates.getAllFields().isEmpty()) {
            request.setLimits(rates);
        }
        return request.build();
    }
}
