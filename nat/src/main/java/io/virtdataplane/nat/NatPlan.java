package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.dataplane.Frame;

/**
 * What stays as it is while a NIC is attached.
 *
 * @param linkLocalNameServers IPv4 name servers that live at link-local addresses: reached whatever
 *     the policy; network order
 * @param uplinkMtu longest IP packet towards the outside, bytes
 * @param guestMtu longest IP packet towards the guest, bytes
 */
public record NatPlan(
        DualStack addresses, int[] linkLocalNameServers, int uplinkMtu, int guestMtu) {
    /** Of the frame's family, which is IPv4 or IPv6. */
    Addresses of(Frame frame) {
        return addresses.of(frame);
    }
}
