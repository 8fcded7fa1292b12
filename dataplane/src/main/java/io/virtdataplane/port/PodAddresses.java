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

    /** As a 32-bit load from a packet has it in a register. */
    long ipv4InMemory() {
        return Integer.reverseBytes(ipv4) & 0xffff_ffffL;
    }

    /** As a 64-bit load has it; {@code half} 0 is the high one. */
    long ipv6InMemory(int half) {
        return Long.reverseBytes(half == 0 ? ipv6High : ipv6Low);
    }
}
