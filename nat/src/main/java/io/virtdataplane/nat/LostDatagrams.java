package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.nat.MovedSessions.Connection;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;

/**
 * Tells a guest that nobody answers any more where it has sent datagrams to: port unreachable (RFC
 * 1122 4.1.3.1, RFC 4443 3.1) about one that it may have sent. A socket that is connected there has
 * an error at once, and does not wait for an answer to what the other end will not know.
 */
public final class LostDatagrams {
    private static final int IPV4_QUOTED = Ipv4.HEADER + Udp.HEADER;
    private static final int IPV6_QUOTED = Ipv6.HEADER + Udp.HEADER;

    private LostDatagrams() {}

    /** A whole frame, from the gateway to the guest. */
    public static byte[] frame(Connection of, DualStack addresses, long guestMac, long gatewayMac) {
        boolean ipv4 = Ip.isMapped(of.remoteHigh(), of.remoteLow());
        int length =
                ipv4
                        ? Ipv4.HEADER + Icmp.HEADER + IPV4_QUOTED
                        : Ipv6.HEADER + Icmpv6.HEADER + IPV6_QUOTED;
        byte[] frame = new byte[Ethernet.HEADER + length];
        MemorySegment b = MemorySegment.ofArray(frame);
        int l3 = Ethernet.HEADER;
        Ethernet.addresses(b, 0, guestMac, gatewayMac);
        Ethernet.type(b, 0, ipv4 ? Ethernet.IPV4 : Ethernet.IPV6);
        if (ipv4) {
            ipv4(b, l3, of, addresses.ipv4());
        } else {
            ipv6(b, l3, of, addresses.ipv6());
        }
        return frame;
    }

    private static void ipv4(MemorySegment b, int l3, Connection of, Addresses own) {
        int l4 = l3 + Ipv4.HEADER;
        int quoted = l4 + Icmp.HEADER;
        int remote = Ip.ipv4(of.remoteLow());
        Ipv4.emit(b, quoted, IPV4_QUOTED, Protocols.UDP, own.guest4(), remote);
        long pseudo = Checksum.pseudo4(own.guest4(), remote, Protocols.UDP, Udp.HEADER);
        datagram(b, quoted + Ipv4.HEADER, of, pseudo);
        Icmp.emit(
                b,
                l4,
                Icmp.DESTINATION_UNREACHABLE,
                Icmp.CODE_PORT_UNREACHABLE,
                0,
                Icmp.HEADER + IPV4_QUOTED);
        int length = Ipv4.HEADER + Icmp.HEADER + IPV4_QUOTED;
        Ipv4.emit(b, l3, length, Protocols.ICMP, own.gateway4(), own.guest4());
    }

    private static void ipv6(MemorySegment b, int l3, Connection of, Addresses own) {
        int l4 = l3 + Ipv6.HEADER;
        int quoted = l4 + Icmpv6.HEADER;
        Ipv6.emit(b, quoted, Udp.HEADER, Protocols.UDP, 64);
        Ipv6.src(b, quoted, own.guestHigh(), own.guestLow());
        Ipv6.dst(b, quoted, of.remoteHigh(), of.remoteLow());
        long pseudo = Checksum.pseudo6(b, quoted, Protocols.UDP, Udp.HEADER);
        datagram(b, quoted + Ipv6.HEADER, of, pseudo);
        Ipv6.emit(b, l3, Icmpv6.HEADER + IPV6_QUOTED, Protocols.ICMPV6, 64);
        Ipv6.src(b, l3, own.gatewayHigh(), own.gatewayLow());
        Ipv6.dst(b, l3, own.guestHigh(), own.guestLow());
        Icmpv6.emit(b, l4, Icmpv6.DESTINATION_UNREACHABLE, Icmpv6.CODE_PORT_UNREACHABLE, 0);
        Icmpv6.checksumAnew(b, l3, l4, Icmpv6.HEADER + IPV6_QUOTED);
    }

    /** Its header, which is all that says whose it was. */
    private static void datagram(MemorySegment b, int at, Connection of, long pseudo) {
        Udp.emit(b, at, of.insidePort(), of.remotePort(), Udp.HEADER, pseudo);
    }
}
