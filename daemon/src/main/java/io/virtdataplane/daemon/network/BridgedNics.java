package io.virtdataplane.daemon.network;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.daemon.attach.AttachedNic;
import io.virtdataplane.daemon.attach.NicFamily;
import io.virtdataplane.daemon.attach.NicSpec;
import io.virtdataplane.manifest.MachineManifest;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.manifest.NetworkDefinitionManifest;
import java.util.Optional;

/** Makes guests' NICs on the bridges of this node. */
public final class BridgedNics implements NicFamily {
    private final Bridges bridges;
    private final NetworkDefinitions definitions;

    public BridgedNics(Bridges bridges, NetworkDefinitions definitions) {
        this.bridges = bridges;
        this.definitions = definitions;
    }

    @Override
    public Optional<NicSpec> spec(AttachRequest request, MachineManifest machine) {
        return BridgedSpec.of(request, machine.nics()).map(this::spec);
    }

    /** The one that came with the request, or else the one that was applied. */
    private NetworkDefinition definition(BridgedSpec wanted) {
        String given = wanted.request().getDefinition();
        return given.isEmpty()
                ? definitions.find(wanted.definition())
                : NetworkDefinitionManifest.parse(given);
    }

    private NicSpec spec(BridgedSpec wanted) {
        return new NicSpec() {
            @Override
            public String name() {
                return wanted.name();
            }

            @Override
            public AttachedNic open(int number) {
                NetworkDefinition network = definition(wanted);
                PortSpec port = wanted.port(network);
                String bridge = network.bridge().bridge();
                return new BridgedNic(
                        bridges, bridges.attach(bridge, port, number), wanted.namespace());
            }
        };
    }
}
