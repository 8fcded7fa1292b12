package io.virtdataplane.daemon.network;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.daemon.attach.AttachedNic;
import io.virtdataplane.daemon.attach.KeptState;
import io.virtdataplane.daemon.attach.NicFamily;
import io.virtdataplane.daemon.attach.NicSpec;
import io.virtdataplane.manifest.MachineManifest;
import io.virtdataplane.manifest.NetworkDefinition;
import io.virtdataplane.manifest.NetworkDefinitionManifest;
import io.virtdataplane.wire.AddressText;
import java.util.Optional;

/** Makes guests' NICs on the bridges of this node. */
public final class BridgedNics implements NicFamily {
    private final Bridges bridges;
    private final NetworkDefinitions definitions;
    private final NodeMacs macs;

    public BridgedNics(Bridges bridges, NetworkDefinitions definitions, NodeMacs macs) {
        this.bridges = bridges;
        this.definitions = definitions;
        this.macs = macs;
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
                return BridgedNics.this.open(wanted, number);
            }
        };
    }

    private AttachedNic open(BridgedSpec wanted, int number) {
        NetworkDefinition network = definition(wanted);
        long asked = wanted.askedMac(network);
        long mac = macs.take(wanted.holder(), asked, wanted.givenMac());
        try {
            PortSpec port = wanted.port(network, mac);
            String bridge = network.bridge().bridge();
            OpenPort opened = bridges.attach(bridge, port, number);
            opened.worker().tell(on -> opened.port().state(KeptState.of(wanted.request())));
            return new BridgedNic(
                    bridges,
                    opened,
                    wanted.namespace(),
                    asked == 0 ? AddressText.mac(mac) : "",
                    () -> macs.release(wanted.holder()));
        } catch (RuntimeException e) {
            macs.release(wanted.holder());
            throw e;
        }
    }
}
