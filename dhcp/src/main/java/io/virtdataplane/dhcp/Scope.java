package io.virtdataplane.dhcp;

/**
 * What DHCP gives: the guest of one masquerade NIC, or the stations of a network.
 *
 * @param guestAddress IPv4, network order; 0: there is a range instead
 * @param link options 1 and 26
 * @param leaseSeconds option 51
 */
public record Scope(
        Gateway gateway, int guestAddress, Link link, long leaseSeconds, ClientOptions options) {
    /** KubeVirt's lease, 999 days, which guests take as endless. */
    public static final long DEFAULT_LEASE_SECONDS = 86_313_600;

    /** A scope of a range has no guest's address. */
    boolean hasOneGuest() {
        return guestAddress != 0;
    }

    int mask() {
        return link.prefixLength() == 0 ? 0 : -1 << 32 - link.prefixLength();
    }

    long gatewayMac() {
        return gateway.mac();
    }

    int gatewayAddress() {
        return gateway.address();
    }
}
