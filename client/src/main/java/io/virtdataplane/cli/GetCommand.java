package io.virtdataplane.cli;

import io.virtdataplane.api.Client;
import io.virtdataplane.cli.view.Listing;
import io.virtdataplane.cli.view.Listings;
import io.virtdataplane.cli.view.Output;
import io.virtdataplane.cli.view.Query;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "get",
        description = "List NICs, bridges, SR-IOV cards and applied objects.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class GetCommand implements Callable<Integer> {
    /** The kinds, for help and completion. */
    static final class Kinds extends ArrayList<String> {
        Kinds() {
            super(Listings.names());
        }
    }

    /** A kind by any of its names. */
    static final class KindConverter implements CommandLine.ITypeConverter<Listing<?, ?>> {
        @Override
        public Listing<?, ?> convert(String name) {
            return KnownKind.of(Listings.find(name), Listings.names(), name);
        }
    }

    @Spec private CommandSpec spec;
    @Mixin private SocketOption socket;
    @Mixin private Output output;

    @Parameters(
            index = "0",
            paramLabel = "KIND",
            completionCandidates = Kinds.class,
            converter = KindConverter.class,
            description = "One of: ${COMPLETION-CANDIDATES}.")
    private Listing<?, ?> kind;

    @Parameters(
            index = "1",
            arity = "0..1",
            defaultValue = "",
            paramLabel = "NAME",
            description =
                    "Only the one of this name: NIC (MACHINE[/INTERFACE]), bridge, policy, network, service; PF for pfs and vfs.")
    private String name;

    @Option(
            names = {"-w", "--watch"},
            description =
                    "Continue: nics, leases and counters every second, sriov-state at each change.")
    private boolean watch;

    @Option(
            names = {"-n", "--namespace"},
            defaultValue = "",
            paramLabel = "NAMESPACE",
            description = "networks, services: only those of this namespace (default: all).")
    private String namespace;

    @Option(
            names = "--limit",
            defaultValue = "1000",
            paramLabel = "N",
            description =
                    "At most so many entries: sessions of each NIC, longest idle first; fdb and mdb of each bridge (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Override
    public Integer call() {
        if (watch && !kind.canBeWatched()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "--watch is for " + String.join(", ", Listings.watchable()));
        }
        if (!namespace.isEmpty() && !kind.hasNamespaces()) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--namespace is for networks, services");
        }
        try (Client client = socket.connect()) {
            kind.print(client, new Query(name, limit, namespace), watch, output, System.out);
        }
        return 0;
    }
}
