package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;

/**
 * The port numbers of a frame, or what stands for them: an ICMP query's identifier is both its
 * ports (RFC 5508 3.1).
 */
final class Endpoints {
    private Endpoints() {}

    /** CONTINUE when {@link #srcPort} and {@link #dstPort} may be read. */
    static Verdict check(Frame frame) {
        if (Ipv4.isFragment(frame.data, frame.l3)) {
            return Verdict.DROP_FRAGMENT;
        }
        boolean fits =
                switch (frame.protocol) {
                    case Tcp.PROTOCOL -> Tcp.fits(frame.data, frame.l4, frame.end);
                    case Udp.PROTOCOL -> Udp.fits(frame.data, frame.l4, frame.end);
                    case Icmp.PROTOCOL -> Icmp.fits(frame.l4, frame.end);
                    default -> true;
                };
        if (!fits) {
            return Verdict.DROP_MALFORMED;
        }
        return switch (frame.protocol) {
            case Tcp.PROTOCOL, Udp.PROTOCOL -> Verdict.CONTINUE;
            case Icmp.PROTOCOL -> isEcho(frame) ? Verdict.CONTINUE : Verdict.DROP_ICMP_TYPE;
            default -> Verdict.DROP_PROTOCOL;
        };
    }

    static int srcPort(Frame frame) {
        return switch (frame.protocol) {
            case Tcp.PROTOCOL -> Tcp.srcPort(frame.data, frame.l4);
            case Udp.PROTOCOL -> Udp.srcPort(frame.data, frame.l4);
            default -> Icmp.identifier(frame.data, frame.l4);
        };
    }

    static int dstPort(Frame frame) {
        return switch (frame.protocol) {
            case Tcp.PROTOCOL -> Tcp.dstPort(frame.data, frame.l4);
            case Udp.PROTOCOL -> Udp.dstPort(frame.data, frame.l4);
            default -> Icmp.identifier(frame.data, frame.l4);
        };
    }

    /** An ICMP error; after {@link #check} has said {@link Verdict#DROP_ICMP_TYPE}. */
    static boolean isError(Frame frame) {
        return Icmp.isError(Icmp.type(frame.data, frame.l4));
    }

    private static boolean isEcho(Frame frame) {
        int type = Icmp.type(frame.data, frame.l4);
        return type == Icmp.ECHO_REQUEST || type == Icmp.ECHO_REPLY;
    }
}
