package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * What a station tells all others unasked: whole frames, by which switches learn where it is, and
 * neighbours which address is its. For a guest that has moved its hypervisor says so.
 */
public final class Announcement {
    private static final int REQUEST_REVERSE = 3; // RFC 903
    private static final int MINIMUM_FRAME = 60;
    private static final long ALL_NODES_HIGH = 0xff02_0000_0000_0000L;
    private static final long ALL_NODES_LOW = 1;

    private Announcement() {}

    /** Needs no address of the station but its MAC: RARP, RFC 903, as QEMU sends it. */
    public static byte[] reverse(long mac) {
        return arp(Ethernet.RARP, REQUEST_REVERSE, mac, 0, mac, 0);
    }

    /** Gratuitous ARP, RFC 5227 3. */
    public static byte[] ofIpv4(long mac, int address) {
        return arp(Ethernet.ARP, Arp.REQUEST, mac, address, 0, address);
    }

    private static byte[] arp(int type, int op, long mac, int spa, long tha, int tpa) {
        byte[] frame = new byte[MINIMUM_FRAME];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, Ethernet.BROADCAST, mac);
        Ethernet.type(b, 0, type);
        Arp.emit(b, Ethernet.HEADER, op, mac, spa, tha, tpa);
        return frame;
    }

    /** Unsolicited Neighbor Advertisement of a host, RFC 4861 7.2.6. */
    public static byte[] ofIpv6(long mac, long high, long low) {
        int length = NeighborDiscovery.WITH_LINK_LAYER;
        byte[] frame = new byte[Ethernet.HEADER + Ipv6.HEADER + length];
        MemorySegment b = MemorySegment.ofArray(frame);
        int l3 = Ethernet.HEADER;
        int l4 = l3 + Ipv6.HEADER;
        Ethernet.addresses(b, 0, NeighborDiscovery.multicastMac(ALL_NODES_LOW), mac);
        Ethernet.type(b, 0, Ethernet.IPV6);
        Ipv6.emit(b, l3, length, Protocols.ICMPV6, NeighborDiscovery.HOP_LIMIT);
        Ipv6.src(b, l3, high, low);
        Ipv6.dst(b, l3, ALL_NODES_HIGH, ALL_NODES_LOW);
        NeighborDiscovery.emitAnnouncement(b, l4, high, low, mac);
        Icmpv6.checksumAnew(b, l3, l4, length);
        return frame;
    }

    /** The same frame in a VLAN: IEEE 802.1Q 9.6, of the lowest priority. */
    public static byte[] tagged(byte[] frame, int vlan) {
        int addresses = Ethernet.HEADER - Short.BYTES;
        byte[] tagged = new byte[frame.length + Vlan.TAG];
        System.arraycopy(frame, 0, tagged, 0, addresses);
        System.arraycopy(frame, addresses, tagged, addresses + Vlan.TAG, frame.length - addresses);
        MemorySegment b = MemorySegment.ofArray(tagged);
        Bytes.put16(b, addresses, Ethernet.DOT1Q);
        Bytes.put16(b, addresses + Short.BYTES, vlan);
        return tagged;
    }
}
