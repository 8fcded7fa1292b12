package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.GuardPolicy;
import io.virtdataplane.bridge.PortVlans;
import java.util.Set;

/** What may pass a bridge port. */
record PortRules(PortVlans vlans, Set<Flag> flags, GuardPolicy guard) {
    /** As bridge(8) names them. */
    enum Flag {
        ISOLATED,
        HAIRPIN;

        /** None where it is not asked for. */
        Set<Flag> when(boolean asked) {
            return asked ? Set.of(this) : Set.of();
        }
    }

    static final PortRules PLAIN = new PortRules(PortVlans.NEW_PORT, Set.of(), GuardPolicy.NONE);
}
