package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.api.ListRequest;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.api.Nic;
import io.virtdataplane.api.VerdictCount;
import io.virtdataplane.cli.view.Names;
import io.virtdataplane.cli.view.Output;
import io.virtdataplane.cli.view.Table;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "drops",
        description = "Show why frames were dropped, for each NIC.",
        mixinStandardHelpOptions = true)
final class DropsCommand implements Callable<Integer> {
    @Mixin private SocketOption socket;
    @Mixin private Output output;

    @Parameters(
            arity = "0..1",
            defaultValue = "",
            paramLabel = "MACHINE[/INTERFACE]",
            description = "Only this NIC.")
    private String name;

    @Override
    public Integer call() {
        try (Client client = socket.connect()) {
            ListResponse nics =
                    dropsOnly(
                            Names.only(client.call().list(ListRequest.getDefaultInstance()), name));
            if (output.print(nics, System.out)) {
                return 0;
            }
            Table table = new Table("NIC", "REASON", "FRAMES", "MEANING");
            for (Nic nic : nics.getNicsList()) {
                for (VerdictCount count : nic.getCounters().getVerdictsList()) {
                    table.row(
                            nic.getName(),
                            count.getVerdict(),
                            Long.toString(count.getFrames()),
                            count.getMeaning());
                }
            }
            table.print(System.out);
        }
        return 0;
    }

    private static ListResponse dropsOnly(ListResponse all) {
        ListResponse.Builder drops = ListResponse.newBuilder();
        for (Nic nic : all.getNicsList()) {
            Nic.Builder one = Nic.newBuilder().setName(nic.getName());
            nic.getCounters().getVerdictsList().stream()
                    .filter(VerdictCount::getDrop)
                    .forEach(count -> one.getCountersBuilder().addVerdicts(count));
            drops.addNics(one);
        }
        return drops.build();
    }
}
