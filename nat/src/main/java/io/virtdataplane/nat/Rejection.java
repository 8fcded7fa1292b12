package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;

/**
 * Turns a frame for a refused port into the refusal: a TCP reset (RFC 9293 3.10.7.1) or ICMP port
 * unreachable (RFC 1122 4.1.3.1).
 */
final class Rejection {
    private static final int QUOTED_PAYLOAD = 8; // RFC 792: the header and 64 bits of data

    private Rejection() {}

    static Verdict answer(Frame frame) {
        return switch (frame.protocol) {
            case Tcp.PROTOCOL -> reset(frame);
            case Udp.PROTOCOL -> unreachable(frame);
            default -> Verdict.DROP_UNLISTED_PORT;
        };
    }

    private static Verdict reset(Frame frame) {
        MemorySegment b = frame.data;
        int flags = Tcp.flags(b, frame.l4);
        if ((flags & Tcp.RST) != 0) {
            return Verdict.DROP_UNLISTED_PORT; // a reset is never answered
        }
        int src = Ipv4.src(b, frame.l3);
        int dst = Ipv4.dst(b, frame.l3);
        int srcPort = Tcp.srcPort(b, frame.l4);
        int dstPort = Tcp.dstPort(b, frame.l4);
        boolean acknowledged = (flags & Tcp.ACK) != 0;
        int seq = acknowledged ? Tcp.acknowledgment(b, frame.l4) : 0;
        int ack = acknowledged ? 0 : Tcp.sequence(b, frame.l4) + segmentLength(frame, flags);
        frame.compose(Ethernet.HEADER + Ipv4.HEADER + Tcp.HEADER);
        int ip = frame.start + Ethernet.HEADER;
        Ipv4.emit(b, ip, Ipv4.HEADER + Tcp.HEADER, Tcp.PROTOCOL, dst, src);
        long pseudo = Checksum.pseudo4(dst, src, Tcp.PROTOCOL, Tcp.HEADER);
        Tcp.emit4(
                b,
                ip + Ipv4.HEADER,
                dstPort,
                srcPort,
                acknowledged ? Tcp.RST : Tcp.RST | Tcp.ACK,
                seq,
                ack,
                pseudo);
        return Verdict.REJECTED;
    }

    private static int segmentLength(Frame frame, int flags) {
        int data = frame.end - frame.l4 - Tcp.headerLength(frame.data, frame.l4);
        return data + ((flags & Tcp.SYN) != 0 ? 1 : 0) + ((flags & Tcp.FIN) != 0 ? 1 : 0);
    }

    private static Verdict unreachable(Frame frame) {
        MemorySegment b = frame.data;
        int src = Ipv4.src(b, frame.l3);
        int dst = Ipv4.dst(b, frame.l3);
        int quoted = frame.l4 - frame.l3 + QUOTED_PAYLOAD;
        int shift = Ipv4.HEADER + Icmp.HEADER;
        MemorySegment.copy(b, frame.l3, b, frame.l3 + shift, quoted);
        frame.compose(Ethernet.HEADER + shift + quoted);
        int ip = frame.start + Ethernet.HEADER;
        Icmp.emit(
                b,
                ip + Ipv4.HEADER,
                Icmp.DESTINATION_UNREACHABLE,
                Icmp.CODE_PORT_UNREACHABLE,
                Icmp.HEADER + quoted);
        Ipv4.emit(b, ip, shift + quoted, Icmp.PROTOCOL, dst, src);
        return Verdict.REJECTED;
    }
}
