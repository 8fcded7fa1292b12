package io.virtdataplane.cli.view;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** All kinds that {@code describe} shows. */
public final class Descriptions {
    private static final List<Description<?>> ALL =
            List.of(
                    new NicDescription(),
                    new MachineDescription(),
                    new BridgeDescription(),
                    new ServiceDescription(),
                    new PfDescription());

    private Descriptions() {}

    public static Optional<Description<?>> find(String name) {
        return ALL.stream()
                .filter(each -> each.names().contains(name.toLowerCase(Locale.ROOT)))
                .findFirst();
    }

    public static List<String> names() {
        return ALL.stream().map(each -> each.names().getFirst()).toList();
    }
}
