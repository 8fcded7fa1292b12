package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Ethernet;

/**
 * Answers ARP requests for the gateway. Probes and announcements of the guest for its own address
 * are not answered (RFC 5227 2.1.1), so duplicate address detection succeeds.
 */
final class ArpResponder {
    private final Scope scope;

    ArpResponder(Scope scope) {
        this.scope = scope;
    }

    Verdict process(Frame frame) {
        if (!Arp.fits(frame.data, frame.l3, frame.end)) {
            return Verdict.DROP_MALFORMED;
        }
        int sender = Arp.spa(frame.data, frame.l3);
        if (Arp.sha(frame.data, frame.l3) != Ethernet.src(frame.data, frame.start)) {
            return Verdict.DROP_SPOOFED_MAC;
        }
        if (sender != 0 && scope.hasOneGuest() && sender != scope.guestAddress()) {
            return Verdict.DROP_SPOOFED_ADDRESS;
        }
        if (Arp.op(frame.data, frame.l3) != Arp.REQUEST
                || Arp.tpa(frame.data, frame.l3) != scope.gatewayAddress()) {
            return Verdict
                    .DROP_UNANSWERED; // replies were for us: the guard has learned what they say
        }
        long guest = Arp.sha(frame.data, frame.l3);
        Arp.emit(
                frame.data,
                frame.l3,
                Arp.REPLY,
                scope.gatewayMac(),
                scope.gatewayAddress(),
                guest,
                sender);
        Ethernet.addresses(frame.data, frame.start, guest, scope.gatewayMac());
        return Verdict.ANSWERED;
    }
}
