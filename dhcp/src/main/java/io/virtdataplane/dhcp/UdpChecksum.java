package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.MemorySegment;

/**
 * Whether a datagram for us is as it was sent: a host's UDP looks at that before a server sees it,
 * and here no host's UDP stands before the servers.
 */
final class UdpChecksum {
    private static final int NOT_SENT = 0; // RFC 768; over IPv6 an error, RFC 8200 8.1
    private static final int ALL_ONES = 0xffff;

    private UdpChecksum() {}

    /** After Udp.fits. One that is still left to a device is right: it has crossed no wire. */
    static boolean holds(Frame frame) {
        MemorySegment b = frame.data;
        if (VirtioNetHdr.needsChecksum(b, frame.vnet())) {
            return true;
        }
        boolean isIpv6 = frame.etherType == Ethernet.IPV6;
        if (Udp.checksum(b, frame.l4) == NOT_SENT) {
            return !isIpv6;
        }
        int length = Udp.length(b, frame.l4);
        if (length > frame.end - frame.l4) {
            return false; // a sum over bytes that did not come
        }
        long pseudo =
                isIpv6
                        ? Checksum.pseudo6(b, frame.l3, Protocols.UDP, length)
                        : Checksum.pseudo4(
                                Ipv4.src(b, frame.l3),
                                Ipv4.dst(b, frame.l3),
                                Protocols.UDP,
                                length);
        return Checksum.fold(pseudo + Checksum.sum(b, frame.l4, length)) == ALL_ONES;
    }
}
