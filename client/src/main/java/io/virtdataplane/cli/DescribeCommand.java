package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.cli.view.Description;
import io.virtdataplane.cli.view.Descriptions;
import io.virtdataplane.cli.view.Output;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "describe",
        description = "Show one NIC, machine, bridge, service or PF with all details.",
        mixinStandardHelpOptions = true)
final class DescribeCommand implements Callable<Integer> {
    /** The kinds, for help and completion. */
    static final class Kinds extends ArrayList<String> {
        Kinds() {
            super(Descriptions.names());
        }
    }

    /** A kind by its name. */
    static final class KindConverter implements CommandLine.ITypeConverter<Description<?>> {
        @Override
        public Description<?> convert(String name) {
            return KnownKind.of(Descriptions.find(name), Descriptions.names(), name);
        }
    }

    @Mixin private SocketOption socket;
    @Mixin private Output output;

    @Parameters(
            index = "0",
            paramLabel = "KIND",
            completionCandidates = Kinds.class,
            converter = KindConverter.class,
            description = "One of: ${COMPLETION-CANDIDATES}.")
    private Description<?> kind;

    @Parameters(
            index = "1",
            paramLabel = "NAME",
            description = "MACHINE[/INTERFACE], MACHINE, BRIDGE, [NAMESPACE/]SERVICE or PF.")
    private String name;

    @Override
    public Integer call() {
        try (Client client = socket.connect()) {
            kind.print(client, name, output, System.out);
        }
        return 0;
    }
}
