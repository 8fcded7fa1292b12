package io.virtdataplane.daemon.guest;

import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;

/**
 * An address of a guest, and how it is known.
 *
 * @param address as RFC 5952 writes it, so that one address has one text
 * @param prefixLength 0: not known
 * @param mac of the guest, where it was given or seen with one; else empty
 * @param seenMs UNIX time at which it was given, seen, said or read last; 0: not known
 */
public record KnownAddress(
        String address, int prefixLength, AddressSource source, String mac, long seenMs) {
    private static final String LINK_LOCAL4 = "169.254."; // RFC 3927

    public boolean isIpv6() {
        return address.indexOf(':') >= 0;
    }

    boolean isLinkLocal() {
        return isIpv6()
                ? Ip.isLinkLocal6(AddressText.ipv6(address)[0])
                : address.startsWith(LINK_LOCAL4);
    }
}
