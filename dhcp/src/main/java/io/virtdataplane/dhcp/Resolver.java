package io.virtdataplane.dhcp;

import java.util.List;

/**
 * How clients are to find names.
 *
 * @param <A> an address: an Integer in network order for IPv4, high and low long for IPv6
 * @param searchDomains names that no DNS would take are left out by {@link DhcpOptions}
 */
public record Resolver<A>(List<A> nameServers, List<String> searchDomains) {}
