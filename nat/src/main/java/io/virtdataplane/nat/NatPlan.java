package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Frame;

/**
 * What stays as it is while a NIC is attached.
 *
 * @param linkLocalAllowed IPv4 link-local addresses the guest may reach all the same: name servers
 *     that live there; network order
 * @param uplinkMtu longest IP packet towards the outside, bytes
 * @param guestMtu longest IP packet towards the guest, bytes
 */
public record NatPlan(
        Addresses ipv4, Addresses ipv6, int[] linkLocalAllowed, int uplinkMtu, int guestMtu) {
    /** Of the frame's family, which is IPv4 or IPv6. */
    Addresses of(Frame frame) {
        return frame.isIpv4() ? ipv4 : ipv6;
    }
}
