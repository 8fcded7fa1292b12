package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.RateLimit;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.VirtioNetHdr;
import java.lang.foreign.MemorySegment;

/**
 * Turns a frame into the ICMP error about it: from the gateway to the guest, from the pod's address
 * to the outside. The packet is quoted as its sender sent it, so this must be done before anything
 * of it is rewritten. Never about an ICMP error or a later fragment (RFC 1122 3.2.2, RFC 4443 2.4
 * e), so many a second (RFC 1812 4.3.2.8, RFC 4443 2.4 f).
 */
final class ErrorReply {
    private static final int LONGEST_4 = 576; // RFC 1812 4.3.2.3
    private static final int ERRORS_A_SECOND = 200;
    private final NatPlan plan;
    private final RateLimit rate = new RateLimit(ERRORS_A_SECOND);

    ErrorReply(NatPlan plan) {
        this.plan = plan;
    }

    void timeExceeded(Frame frame, boolean fromGuest, long nowNs) {
        int type = frame.isIpv4() ? Icmp.TIME_EXCEEDED : Icmpv6.TIME_EXCEEDED;
        reply(frame, fromGuest, type, 0, 0, nowNs);
    }

    /** RFC 1191 4: next-hop MTU in the low half of the rest; RFC 4443 3.2: in all of it. */
    void tooBig(Frame frame, boolean fromGuest, int mtu, long nowNs) {
        if (frame.isIpv4()) {
            int code = Icmp.CODE_FRAGMENTATION_NEEDED;
            reply(frame, fromGuest, Icmp.DESTINATION_UNREACHABLE, code, mtu, nowNs);
        } else {
            reply(frame, fromGuest, Icmpv6.PACKET_TOO_BIG, 0, mtu, nowNs);
        }
    }

    void portUnreachable(Frame frame, boolean fromGuest, long nowNs) {
        if (frame.isIpv4()) {
            int code = Icmp.CODE_PORT_UNREACHABLE;
            reply(frame, fromGuest, Icmp.DESTINATION_UNREACHABLE, code, 0, nowNs);
        } else {
            int code = Icmpv6.CODE_PORT_UNREACHABLE;
            reply(frame, fromGuest, Icmpv6.DESTINATION_UNREACHABLE, code, 0, nowNs);
        }
    }

    private void reply(Frame frame, boolean fromGuest, int type, int code, int rest, long nowNs) {
        boolean error =
                Transport.isIcmp(frame.protocol)
                        && (!Icmp.fits(frame.l4, frame.end) || Transport.isError(frame));
        if (error || frame.isLaterFragment() || !rate.allows(frame, nowNs)) {
            return;
        }
        Addresses addresses = plan.of(frame);
        if (frame.isIpv4()) {
            int from = fromGuest ? addresses.gateway4() : addresses.pod4();
            reply4(frame, from, type, code, rest);
        } else {
            reply6(frame, addresses, fromGuest, type, code, rest);
        }
        frame.replies = true;
    }

    private static void reply4(Frame frame, int from, int type, int code, int rest) {
        MemorySegment b = frame.data;
        int headers = Ipv4.HEADER + Icmp.HEADER;
        int quoted = Math.min(frame.end - frame.l3, LONGEST_4 - headers);
        MemorySegment.copy(b, frame.l3, b, frame.l3 + headers, quoted);
        compose(frame, headers + quoted);
        Icmp.emit(b, frame.l3 + Ipv4.HEADER, type, code, rest, Icmp.HEADER + quoted);
        Ipv4.emit(b, frame.l3, headers + quoted, Protocols.ICMP, from, Ip.ipv4(frame.srcLow));
    }

    private static void reply6(
            Frame frame, Addresses addresses, boolean fromGuest, int type, int code, int rest) {
        MemorySegment b = frame.data;
        int headers = Ipv6.HEADER + Icmpv6.HEADER;
        int quoted = Math.min(frame.end - frame.l3, Ipv6.MINIMUM_MTU - headers); // RFC 4443 2.4 c
        MemorySegment.copy(b, frame.l3, b, frame.l3 + headers, quoted);
        compose(frame, headers + quoted);
        int l3 = frame.l3;
        Ipv6.emit(b, l3, Icmpv6.HEADER + quoted, Protocols.ICMPV6, 64);
        if (fromGuest) {
            Ipv6.src(b, l3, addresses.gatewayHigh(), addresses.gatewayLow());
        } else {
            Ipv6.src(b, l3, addresses.podHigh(), addresses.podLow());
        }
        Ipv6.dst(b, l3, frame.srcHigh, frame.srcLow);
        Icmpv6.emit(b, l3 + Ipv6.HEADER, type, code, rest);
        Icmpv6.checksumAnew(b, l3, l3 + Ipv6.HEADER, Icmpv6.HEADER + quoted);
    }

    /** The Ethernet header stays where it is. */
    private static void compose(Frame frame, int packetLength) {
        VirtioNetHdr.clear(frame.data, frame.vnet());
        frame.length = Ethernet.HEADER + packetLength;
        frame.end = frame.l3 + packetLength;
        frame.splitMtu = 0; // what was to be cut is no more
    }
}
