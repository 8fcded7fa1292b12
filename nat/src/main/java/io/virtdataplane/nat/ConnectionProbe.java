package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.DualStack;
import io.virtdataplane.nat.MovedSessions.Connection;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A segment that makes the guest say where it is in a connection: an acknowledgment out of its
 * window, which it answers with one that is right (RFC 9293 3.10.7.4). Our reset of that answer is
 * then exact, which RFC 5961 3.2 asks for; and the NAT has to know no sequence numbers.
 */
public final class ConnectionProbe {
    private ConnectionProbe() {}

    /** A whole frame, from the gateway's MAC address to the guest's. */
    public static byte[] frame(Connection of, DualStack addresses, long guestMac, long gatewayMac) {
        boolean ipv4 = Ip.isMapped(of.remoteHigh(), of.remoteLow());
        int header = ipv4 ? Ipv4.HEADER : Ipv6.HEADER;
        byte[] frame = new byte[Ethernet.HEADER + header + Tcp.HEADER];
        MemorySegment b = MemorySegment.ofArray(frame);
        int l3 = Ethernet.HEADER;
        Ethernet.addresses(b, 0, guestMac, gatewayMac);
        Ethernet.type(b, 0, ipv4 ? Ethernet.IPV4 : Ethernet.IPV6);
        long pseudo = ipv4 ? ipv4(b, l3, of, addresses.ipv4()) : ipv6(b, l3, of, addresses.ipv6());
        int seq = ThreadLocalRandom.current().nextInt();
        Tcp.emit(b, l3 + header, of.remotePort(), of.insidePort(), Tcp.ACK, seq, seq, pseudo);
        return frame;
    }

    private static long ipv4(MemorySegment b, int l3, Connection of, Addresses own) {
        int from = Ip.ipv4(of.remoteLow());
        int length = Ipv4.HEADER + Tcp.HEADER;
        Ipv4.emit(b, l3, length, Protocols.TCP, from, own.guest4());
        return Checksum.pseudo4(from, own.guest4(), Protocols.TCP, Tcp.HEADER);
    }

    private static long ipv6(MemorySegment b, int l3, Connection of, Addresses own) {
        Ipv6.emit(b, l3, Tcp.HEADER, Protocols.TCP, 64);
        Ipv6.src(b, l3, of.remoteHigh(), of.remoteLow());
        Ipv6.dst(b, l3, own.guestHigh(), own.guestLow());
        return Checksum.pseudo6(b, l3, Protocols.TCP, Tcp.HEADER);
    }
}
