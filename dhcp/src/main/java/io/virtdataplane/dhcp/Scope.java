package io.virtdataplane.dhcp;

import java.util.List;

/**
 * What DHCP tells: the guest of one masquerade NIC, or the stations of a network. Addresses are
 * IPv4, network order.
 *
 * @param gatewayAddress the server
 * @param routerAddress option 3, or 0
 * @param guestAddress 0: there is a range instead
 * @param leaseSeconds DHCP option 51
 * @param mtu option 26, bytes
 * @param nameServers option 6; none leaves it out
 * @param searchDomains options 15 (the longest) and 119; names that no DNS would take are left out
 *     by {@link DhcpOptions}
 * @param hostname option 12, or empty
 * @param custom what the manifest adds
 */
public record Scope(
        long gatewayMac,
        int gatewayAddress,
        int routerAddress,
        int guestAddress,
        int prefixLength,
        long leaseSeconds,
        int mtu,
        List<Integer> nameServers,
        List<String> searchDomains,
        String hostname,
        CustomOptions custom) {
    /** KubeVirt's lease, 999 days, which guests take as endless. */
    public static final long DEFAULT_LEASE_SECONDS = 86_313_600;

    /** A scope of a range has no guest's address. */
    boolean hasOneGuest() {
        return guestAddress != 0;
    }

    int mask() {
        return prefixLength == 0 ? 0 : -1 << 32 - prefixLength;
    }
}
