package io.virtdataplane.port;

/**
 * The pod's addresses on its uplink: IPv4 in network order, 0 where it has none; IPv6 as high and
 * low long, both 0 where it has none.
 *
 * @param prefixLength of the IPv4 address
 * @param ipv6PrefixLength of the other
 */
public record PodAddresses(
        int ipv4, int prefixLength, long ipv6High, long ipv6Low, int ipv6PrefixLength) {
    public boolean hasIpv4() {
        return ipv4 != 0;
    }

    public boolean hasIpv6() {
        return (ipv6High | ipv6Low) != 0;
    }
}
