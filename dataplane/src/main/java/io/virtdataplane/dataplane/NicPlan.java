package io.virtdataplane.dataplane;

/**
 * The inert description of one guest NIC: what the worker builds a {@link Nic} from.
 *
 * @param id number that events carry
 * @param flows that the kernel carries
 */
public record NicPlan(
        int id,
        String name,
        NicPorts ports,
        NicAddresses addresses,
        NicStages stages,
        FlowTable flows) {
    /** Of a NIC whose frames are all walked. */
    public NicPlan(int id, String name, NicPorts ports, NicAddresses addresses, NicStages stages) {
        this(id, name, ports, addresses, stages, FlowTable.none());
    }
}
