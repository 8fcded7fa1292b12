package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.Port;

/**
 * The inert description of a bridge port.
 *
 * @param id number that events carry
 * @param kernel how the kernel may carry its frames
 */
public record BridgePortPlan(
        int id, String name, Port port, PortPolicy policy, GuardPolicy guard, KernelPort kernel) {
    /** Of a port whose frames are all walked. */
    public BridgePortPlan(int id, String name, Port port, PortPolicy policy, GuardPolicy guard) {
        this(id, name, port, policy, guard, KernelPort.NONE);
    }
}
