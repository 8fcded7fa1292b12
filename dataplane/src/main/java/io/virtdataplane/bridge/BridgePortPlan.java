package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.Port;

/**
 * The inert description of a bridge port.
 *
 * @param id number that events carry
 */
public record BridgePortPlan(
        int id, String name, Port port, PortPolicy policy, GuardPolicy guard) {}
