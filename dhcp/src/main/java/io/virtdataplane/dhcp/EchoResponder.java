package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;

/** Answers pings of the gateway (RFC 792, RFC 4443 4). */
final class EchoResponder {
    private final Scope scope;

    EchoResponder(Scope scope) {
        this.scope = scope;
    }

    /** CONTINUE unless the frame is an echo request; its destination is the gateway already. */
    Verdict process(Frame frame) {
        if (frame.isFragment()) {
            return Verdict.DROP_FRAGMENT;
        }
        if (!Icmp.fits(frame.l4, frame.end)) {
            return Verdict.DROP_MALFORMED;
        }
        int guest = Ipv4.src(frame.data, frame.l3);
        if (Icmp.type(frame.data, frame.l4) != Icmp.ECHO_REQUEST || guest == 0) {
            return Verdict.CONTINUE;
        }
        Icmp.rewriteType(frame.data, frame.l4, Icmp.ECHO_REPLY);
        Ipv4.rewriteSrc(frame.data, frame.l3, scope.gatewayAddress());
        Ipv4.rewriteDst(frame.data, frame.l3, guest);
        Ethernet.addresses(
                frame.data, frame.start, Ethernet.src(frame.data, frame.start), scope.gatewayMac());
        return Verdict.ANSWERED;
    }

    /** The same over IPv6. */
    Verdict processIpv6(Frame frame) {
        if (frame.isFragment()) {
            return Verdict.DROP_FRAGMENT;
        }
        if (!Icmpv6.fits(frame.l4, frame.end)) {
            return Verdict.DROP_MALFORMED;
        }
        if (Icmpv6.type(frame.data, frame.l4) != Icmpv6.ECHO_REQUEST
                || (frame.srcHigh | frame.srcLow) == 0) {
            return Verdict.CONTINUE;
        }
        Icmpv6.rewriteType(frame.data, frame.l4, Icmpv6.ECHO_REPLY);
        Ipv6.swapAddresses(frame.data, frame.l3);
        Ethernet.addresses(
                frame.data, frame.start, Ethernet.src(frame.data, frame.start), scope.gatewayMac());
        return Verdict.ANSWERED;
    }
}
