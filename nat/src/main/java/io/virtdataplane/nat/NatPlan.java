package io.virtdataplane.nat;

/**
 * What the NAT of one masquerade NIC does. Addresses are IPv4, network order.
 *
 * @param podAddress outside address, the pod's
 * @param guestAddress inside address
 * @param linkLocalAllowed link-local addresses the guest may reach all the same: name servers that
 *     live there
 * @param dropReservedPorts inbound 49152 and 49153 are dropped, as the OpenShift documentation says
 * @param sessionLimit sessions at a time
 */
public record NatPlan(
        int podAddress,
        int guestAddress,
        int gatewayAddress,
        int[] linkLocalAllowed,
        OpenPorts openPorts,
        UnlistedPolicy unlistedPolicy,
        boolean dropReservedPorts,
        int sessionLimit,
        Timeouts timeouts) {}
