package io.virtdataplane.dataplane;

/**
 * A frame's way from its port, in order. The first stage that says other than CONTINUE ends it.
 * Worker's thread.
 */
final class Walk {
    private final Guard guard;
    private final Egress egress;

    Walk(Guard guard, Egress egress) {
        this.guard = guard;
        this.egress = egress;
    }

    Verdict process(Frame frame, long nowNs) {
        return frame.vif instanceof Nic nic
                ? routed(frame, nic, nowNs)
                : switched(frame, (BridgeVif) frame.vif, nowNs);
    }

    private Verdict switched(Frame frame, BridgeVif ingress, long nowNs) {
        frame.note(Step.FROM_GUEST, frame.length, 0);
        frame.splitMtu = 0;
        if (ingress.state() == VifState.DRAINED) {
            return Verdict.DROP_DRAINED; // not even learned: its station is elsewhere
        }
        return ingress.bridge().process(frame, ingress, egress, nowNs);
    }

    private Verdict routed(Frame frame, Nic nic, long nowNs) {
        boolean fromGuest = frame.ingress == nic.guest;
        frame.note(fromGuest ? Step.FROM_GUEST : Step.FROM_UPLINK, frame.length, 0);
        if (fromGuest && nic.state() == VifState.DRAINED) {
            return Verdict.DROP_DRAINED;
        }
        Verdict verdict = Headers.parse(frame);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        return fromGuest ? fromGuest(frame, nic, nowNs) : fromUplink(frame, nic, nowNs);
    }

    private Verdict fromGuest(Frame frame, Nic nic, long nowNs) {
        Verdict verdict = guard.check(frame, nic, nowNs);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        if (!frame.isIpv4() || frame.srcLow == nic.ipv4.guestLow()) { // else it only asks for it
            nic.seen.look(frame, nowNs);
        }
        verdict = nic.responders.process(frame, nowNs); // ARP, ND, ping, DHCP
        if (verdict != Verdict.CONTINUE) {
            return verdict == Verdict.ANSWERED
                    ? egress.send(frame, frame.ingress, verdict, nowNs)
                    : verdict;
        }
        frame.note(Step.NO_RESPONDER, 0, 0);
        verdict = nic.outbound.process(frame, nowNs);
        if (frame.replies) {
            return egress.reply(frame, verdict, nowNs);
        }
        return switch (verdict) {
            case FORWARDED, SENT_TO_MESH -> egress.toUplink(frame, verdict, nowNs);
            case HAIRPINNED -> egress.toGuest(frame, verdict, nowNs);
            default -> verdict;
        };
    }

    private Verdict fromUplink(Frame frame, Nic nic, long nowNs) {
        Verdict verdict = nic.inbound.process(frame, nowNs);
        if (frame.replies) {
            return egress.reply(frame, verdict, nowNs);
        }
        return switch (verdict) {
            case FORWARDED -> egress.toGuest(frame, verdict, nowNs);
            case HANDED_TO_POD, SENT_FOR_POD, PAST_MESH -> // the kernel recognises its own address
                    egress.send(frame, nic.uplink, verdict, nowNs);
            default -> verdict;
        };
    }
}
