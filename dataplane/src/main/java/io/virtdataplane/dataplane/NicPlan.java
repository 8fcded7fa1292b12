package io.virtdataplane.dataplane;

/**
 * The inert description of one guest NIC: what the worker builds a {@link Nic} from.
 *
 * @param id number that events carry
 * @param guestMac the only source MAC allowed, or {@link Nic#UNKNOWN_MAC} to learn the first
 * @param gatewayMac MAC address under which the gateway answers
 * @param responders answers the guest's queries to the gateway; leaves by the ingress port
 * @param outbound translates what the guest sends
 * @param inbound translates what comes for the guest
 */
public record NicPlan(
        int id,
        String name,
        Port guest,
        Port uplink,
        long guestMac,
        long gatewayMac,
        Addresses ipv4,
        Addresses ipv6,
        Stage responders,
        Stage outbound,
        Stage inbound) {}
