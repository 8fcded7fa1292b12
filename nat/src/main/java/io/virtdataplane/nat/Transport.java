package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Sctp;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;

/**
 * The port numbers of a frame, or what stands for them: an ICMP query's identifier is the guest's
 * port (RFC 5508 3.1), and a protocol without ports has port 0 on both sides.
 */
final class Transport {
    /** Kinds of port numbers; each has its own 65,536. */
    static final int SLOTS = 7;

    private static final int ICMP_SLOT = 2;
    private static final int OTHER_SLOT = 6;

    private Transport() {}

    /** CONTINUE when {@code localPort} and {@code remotePort} of the frame are set. */
    static Verdict read(Frame frame, boolean outward) {
        return switch (frame.protocol) {
            case Protocols.TCP -> ports(frame, outward, Tcp.fits(frame.data, frame.l4, frame.end));
            case Protocols.UDP, Protocols.UDPLITE -> ports(frame, outward, fitsUdp(frame));
            case Protocols.SCTP -> ports(frame, outward, Sctp.fits(frame.l4, frame.end));
            case Protocols.DCCP -> ports(frame, outward, frame.l4 + 12 <= frame.end);
            case Protocols.ICMP, Protocols.ICMPV6 -> query(frame);
            // RFC 4302: AH authenticates the addresses
            case Protocols.AH, Protocols.NO_NEXT_HEADER -> Verdict.DROP_PROTOCOL;
            default -> {
                frame.localPort = 0;
                frame.remotePort = 0;
                yield Verdict.CONTINUE;
            }
        };
    }

    /** UDP-Lite has the coverage where UDP has the length; 0 is all of it. */
    private static boolean fitsUdp(Frame frame) {
        return frame.protocol == Protocols.UDP
                ? Udp.fits(frame.data, frame.l4, frame.end)
                : frame.l4 + Udp.HEADER <= frame.end;
    }

    private static Verdict ports(Frame frame, boolean outward, boolean fits) {
        if (!fits) {
            return frame.isFragment() ? Verdict.DROP_FRAGMENT : Verdict.DROP_MALFORMED;
        }
        int srcPort = Bytes.u16(frame.data, frame.l4);
        int dstPort = Bytes.u16(frame.data, frame.l4 + 2);
        frame.localPort = outward ? srcPort : dstPort;
        frame.remotePort = outward ? dstPort : srcPort;
        return Verdict.CONTINUE;
    }

    private static Verdict query(Frame frame) {
        boolean own = frame.isIpv4() == (frame.protocol == Protocols.ICMP);
        if (!own) {
            return Verdict.DROP_PROTOCOL; // one family's ICMP over the other
        }
        if (!Icmp.fits(frame.l4, frame.end)) {
            return Verdict.DROP_MALFORMED;
        }
        frame.localPort = Icmp.identifier(frame.data, frame.l4);
        frame.remotePort = 0;
        return isRequest(frame) || isReply(frame) ? Verdict.CONTINUE : Verdict.DROP_ICMP_TYPE;
    }

    static boolean isIcmp(int protocol) {
        return protocol == Protocols.ICMP || protocol == Protocols.ICMPV6;
    }

    static boolean isRequest(Frame frame) {
        int type = Icmp.type(frame.data, frame.l4);
        return frame.isIpv4() ? Icmp.isRequest(type) : type == Icmpv6.ECHO_REQUEST;
    }

    private static boolean isReply(Frame frame) {
        int type = Icmp.type(frame.data, frame.l4);
        return frame.isIpv4() ? Icmp.isReply(type) : type == Icmpv6.ECHO_REPLY;
    }

    /** An ICMP error; after {@link #read} has said {@link Verdict#DROP_ICMP_TYPE}. */
    static boolean isError(Frame frame) {
        int type = Icmp.type(frame.data, frame.l4);
        return frame.isIpv4() ? Icmp.isError(type) : Icmpv6.isError(type);
    }

    /** Its ports are numbers of its own: TCP, UDP, ICMP, SCTP, UDP-Lite, DCCP, and the others. */
    static int slot(int protocol) {
        return switch (protocol) {
            case Protocols.TCP -> 0;
            case Protocols.UDP -> 1;
            case Protocols.ICMP, Protocols.ICMPV6 -> ICMP_SLOT;
            case Protocols.SCTP -> 3;
            case Protocols.UDPLITE -> 4;
            case Protocols.DCCP -> 5;
            default -> OTHER_SLOT;
        };
    }

    /** The pod's device steers these port by port; the rest together. */
    static boolean isSteeredByPort(int protocol) {
        return slot(protocol) <= ICMP_SLOT;
    }

    static boolean hasPorts(int protocol) {
        return slot(protocol) != OTHER_SLOT;
    }

    /** Where the checksum that covers addresses stands in the header, or -1: there is none. */
    static int checksumOffset(int protocol) {
        return switch (protocol) {
            case Protocols.TCP -> 16;
            case Protocols.UDP, Protocols.UDPLITE, Protocols.DCCP -> 6;
            case Protocols.ICMPV6 -> 2;
            default -> -1;
        };
    }
}
