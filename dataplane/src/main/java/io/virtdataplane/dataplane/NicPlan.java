package io.virtdataplane.dataplane;

/**
 * The inert description of one guest NIC: what the worker builds a {@link Nic} from.
 *
 * @param id number that events carry
 */
public record NicPlan(
        int id, String name, NicPorts ports, NicAddresses addresses, NicStages stages) {}
