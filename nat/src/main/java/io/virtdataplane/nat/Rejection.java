package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.MemorySegment;

/**
 * Turns a frame into the answer that a host without a listener gives: a TCP reset (RFC 9293
 * 3.10.7.1), or port unreachable (RFC 1122 4.1.3.1, RFC 4443 3.1).
 */
final class Rejection {
    private final ErrorReply errors;

    Rejection(ErrorReply errors) {
        this.errors = errors;
    }

    /** REJECTED and the frame {@code replies}; or {@code otherwise} where nothing is to be said. */
    Verdict answer(Frame frame, boolean fromGuest, Verdict otherwise, long nowNs) {
        if (frame.protocol == Protocols.TCP) {
            return reset(frame, otherwise);
        }
        if (Transport.hasPorts(frame.protocol) && !Transport.isIcmp(frame.protocol)) {
            errors.portUnreachable(frame, fromGuest, nowNs);
        }
        return frame.replies ? Verdict.REJECTED : otherwise;
    }

    private static Verdict reset(Frame frame, Verdict otherwise) {
        MemorySegment b = frame.data;
        int flags = Tcp.flags(b, frame.l4);
        if ((flags & Tcp.RST) != 0) {
            return otherwise; // a reset is never answered
        }
        int srcPort = Tcp.srcPort(b, frame.l4);
        int dstPort = Tcp.dstPort(b, frame.l4);
        boolean acknowledged = (flags & Tcp.ACK) != 0;
        int seq = acknowledged ? Tcp.acknowledgment(b, frame.l4) : 0;
        int ack = acknowledged ? 0 : Tcp.sequence(b, frame.l4) + segmentLength(frame, flags);
        int l4 = frame.isIpv4() ? header4(frame) : header6(frame);
        long pseudo =
                frame.isIpv4()
                        ? Checksum.pseudo4(
                                Ipv4.src(b, frame.l3),
                                Ipv4.dst(b, frame.l3),
                                Protocols.TCP,
                                Tcp.HEADER)
                        : Checksum.pseudo6(b, frame.l3, Protocols.TCP, Tcp.HEADER);
        Tcp.emit(
                b,
                l4,
                dstPort,
                srcPort,
                acknowledged ? Tcp.RST : Tcp.RST | Tcp.ACK,
                seq,
                ack,
                pseudo);
        frame.end = l4 + Tcp.HEADER;
        frame.splitMtu = 0; // what was to be cut is no more
        frame.replies = true;
        return Verdict.REJECTED;
    }

    /** From where the frame was going to, to where it came from; offset of the TCP header. */
    private static int header4(Frame frame) {
        VirtioNetHdr.clear(frame.data, frame.vnet());
        int length = Ipv4.HEADER + Tcp.HEADER;
        frame.length = Ethernet.HEADER + length;
        Ipv4.emit(
                frame.data,
                frame.l3,
                length,
                Protocols.TCP,
                Ip.ipv4(frame.dstLow),
                Ip.ipv4(frame.srcLow));
        return frame.l3 + Ipv4.HEADER;
    }

    private static int header6(Frame frame) {
        VirtioNetHdr.clear(frame.data, frame.vnet());
        frame.length = Ethernet.HEADER + Ipv6.HEADER + Tcp.HEADER;
        Ipv6.emit(frame.data, frame.l3, Tcp.HEADER, Protocols.TCP, 64);
        Ipv6.src(frame.data, frame.l3, frame.dstHigh, frame.dstLow);
        Ipv6.dst(frame.data, frame.l3, frame.srcHigh, frame.srcLow);
        return frame.l3 + Ipv6.HEADER;
    }

    private static int segmentLength(Frame frame, int flags) {
        int data = frame.end - frame.l4 - Tcp.headerLength(frame.data, frame.l4);
        return data + ((flags & Tcp.SYN) != 0 ? 1 : 0) + ((flags & Tcp.FIN) != 0 ? 1 : 0);
    }
}
