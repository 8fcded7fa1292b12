package io.virtdataplane.wire;

/**
 * Where the packets of these tests come from, unless a comment says another place: a host, a router
 * and a far host, each a network namespace of Linux 6.18, joined by veth pairs without offloads and
 * captured by tcpdump on both of the router's sides. Addresses are those for documentation (RFC
 * 5737, RFC 3849, RFC 7042).
 */
final class Lab {
    static final long HOST_MAC = 0x0000_5e00_5301L;
    static final long FAR_MAC = 0x0000_5e00_5302L;

    /** The router's, on the side of the host. */
    static final long ROUTER_MAC = 0x0000_5e00_530aL;

    /** The router's, on the side of the far host. */
    static final long EDGE_MAC = 0x0000_5e00_530bL;

    static final int HOST = 0xc000_0202; // 192.0.2.2
    static final int ROUTER = 0xc000_0201;
    static final int EDGE = 0xc633_6401; // 198.51.100.1
    static final int FAR = 0xc633_6402;

    static final long NEAR_HIGH = 0x2001_0db8_0000_0001L; // 2001:db8:0:1::/64
    static final long FAR_HIGH = 0x2001_0db8_0000_0002L; // 2001:db8:0:2::/64
    static final long ROUTER_LOW = 1;
    static final long HOST_LOW = 2;

    /** Where the headers begin in an untagged frame without options and extension headers. */
    static final int L3 = Ethernet.HEADER;

    static final int L4 = L3 + Ipv4.HEADER;
    static final int L4_OF_IPV6 = L3 + Ipv6.HEADER;

    private Lab() {}
}
