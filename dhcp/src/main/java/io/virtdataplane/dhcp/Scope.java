package io.virtdataplane.dhcp;

import java.util.List;

/**
 * What the guest of one masquerade NIC is told. Addresses are IPv4, network order.
 *
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

    int mask() {
        return prefixLength == 0 ? 0 : -1 << 32 - prefixLength;
    }
}
