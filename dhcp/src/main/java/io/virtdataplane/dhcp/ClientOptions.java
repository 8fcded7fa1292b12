package io.virtdataplane.dhcp;

/**
 * What DHCPv4 tells a client beside its address.
 *
 * @param router option 3, IPv4 in network order; 0 leaves it out
 * @param resolver option 6, and options 15 (the longest domain) and 119; none leaves them out
 * @param hostname option 12, or empty
 * @param custom what the manifest adds
 */
public record ClientOptions(
        int router, Resolver<Integer> resolver, String hostname, CustomOptions custom) {}
