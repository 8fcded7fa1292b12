package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.Addresses;
import java.util.List;

/**
 * What the guest of one masquerade NIC is told about IPv6, by router advertisements and DHCPv6.
 *
 * @param leaseSeconds preferred and valid lifetime of the guest's address
 * @param advertises router advertisements are sent, and solicitations answered
 */
public record Ipv6Scope(
        Addresses addresses,
        Link link,
        Resolver<long[]> resolver,
        long leaseSeconds,
        boolean advertises) {
    /** The pod has no IPv6. */
    public static final Ipv6Scope NONE =
            new Ipv6Scope(
                    Addresses.NONE, new Link(0, 0), new Resolver<>(List.of(), List.of()), 0, false);

    boolean isOn() {
        return addresses.isOn();
    }

    /** On the guest's link: within its network. */
    boolean isOnLink(long high, long low) {
        int prefixLength = link.prefixLength();
        long highMask = prefixLength >= 64 ? -1L : -1L << 64 - prefixLength;
        long lowMask = prefixLength <= 64 ? 0 : -1L << 128 - prefixLength;
        return ((high ^ addresses.guestHigh()) & highMask) == 0
                && ((low ^ addresses.guestLow()) & lowMask) == 0;
    }
}
