package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;
import io.virtdataplane.wire.VirtioNetHdr;

/**
 * What every router checks before it sends a packet on: hops left (RFC 1812 5.3.1, RFC 8200 3) and
 * the next link's MTU (RFC 1191, RFC 8201). The sender is told what is wrong.
 */
final class Forwarding {
    private final ErrorReply errors;
    private final boolean fromGuest;
    private final int mtu;

    Forwarding(ErrorReply errors, boolean fromGuest, int mtu) {
        this.errors = errors;
        this.fromGuest = fromGuest;
        this.mtu = mtu;
    }

    /** CONTINUE; or a drop, and the frame may have become the error. */
    Verdict check(Frame frame, long nowNs) {
        if (!hasHops(frame)) {
            errors.timeExceeded(frame, fromGuest, nowNs);
            return Verdict.DROP_TTL_EXPIRED;
        }
        if (length(frame) <= mtu) {
            return Verdict.CONTINUE;
        }
        if (mayBeSplit(frame)) {
            split(frame);
            return Verdict.CONTINUE;
        }
        errors.tooBig(frame, fromGuest, mtu, nowNs);
        return Verdict.DROP_TOO_BIG;
    }

    /** Of a later fragment, about which no error is sent. */
    Verdict checkLater(Frame frame) {
        if (!hasHops(frame)) {
            return Verdict.DROP_TTL_EXPIRED;
        }
        if (length(frame) <= mtu) {
            return Verdict.CONTINUE;
        }
        if (!mayBeSplit(frame)) {
            return Verdict.DROP_TOO_BIG;
        }
        split(frame);
        return Verdict.CONTINUE;
    }

    private void split(Frame frame) {
        frame.splitMtu = mtu;
        frame.note(Step.SPLIT, mtu, 0);
    }

    /** It may go on by one more hop. */
    static boolean hasHops(Frame frame) {
        int hops =
                frame.isIpv4()
                        ? Ipv4.ttl(frame.data, frame.l3)
                        : Ipv6.hopLimit(frame.data, frame.l3);
        return hops > 1;
    }

    private static boolean mayBeSplit(Frame frame) {
        return frame.isIpv4()
                && !Ipv4.dontFragment(frame.data, frame.l3)
                && !VirtioNetHdr.isGso(frame.data, frame.vnet());
    }

    /** Of the packet, or of the longest segment that the device will make of it. */
    private static int length(Frame frame) {
        if (!VirtioNetHdr.isGso(frame.data, frame.vnet()) || frame.isLaterFragment()) {
            return frame.end - frame.l3;
        }
        int transport =
                switch (frame.protocol) {
                    case Protocols.TCP -> Tcp.headerLength(frame.data, frame.l4);
                    case Protocols.UDP -> Udp.HEADER;
                    default -> 0;
                };
        int segment =
                frame.l4 - frame.l3 + transport + VirtioNetHdr.gsoSize(frame.data, frame.vnet());
        return Math.min(segment, frame.end - frame.l3);
    }
}
