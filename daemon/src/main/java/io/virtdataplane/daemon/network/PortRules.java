package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.GuardPolicy;
import io.virtdataplane.bridge.PortFlags;
import io.virtdataplane.bridge.PortVlans;

/** What may pass a bridge port. */
record PortRules(PortVlans vlans, PortFlags flags, GuardPolicy guard) {
    static final PortRules PLAIN =
            new PortRules(PortVlans.NEW_PORT, PortFlags.NEW_PORT, GuardPolicy.NONE);
}
