package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;

/**
 * What the guest sends to its own pod's address comes back to it (RFC 4787 REQ-9, RFC 5382 REQ-8):
 * source and destination are translated, as if the frame had left and come back. Two sessions carry
 * it, the guest's as the one who asks and the guest's as the one who is asked, each with the pod's
 * address as its remote.
 */
final class Hairpin {
    private final NatPlan plan;
    private final Sessions sessions;
    private final Services services;
    private final Rejection rejection;
    private final Rewrite rewrite;

    Hairpin(
            NatPlan plan,
            Sessions sessions,
            Services services,
            Rejection rejection,
            Rewrite rewrite) {
        this.plan = plan;
        this.sessions = sessions;
        this.services = services;
        this.rejection = rejection;
        this.rewrite = rewrite;
    }

    /**
     * @param found the session of the frame as the guest has addressed it, or {@link
     *     Sessions#NO_SESSION}
     */
    Verdict process(Frame frame, Addresses addresses, int found, long nowNs) {
        int asking = found;
        int outsidePort =
                asking == Sessions.NO_SESSION
                        ? outsidePort(frame, nowNs)
                        : sessions.table().outsidePort(asking);
        if (outsidePort == OutsidePool.NONE) {
            return Verdict.DROP_PORTS_EXHAUSTED;
        }
        int asked = findAsked(frame, addresses, outsidePort, nowNs);
        boolean query = Transport.isIcmp(frame.protocol);
        int inside = admittedInside(frame);
        if (asked == Sessions.NO_SESSION && inside == OutsidePool.NONE) {
            services.disregard(frame);
            return query
                    ? answerPing(frame)
                    : rejection.answer(frame, true, Verdict.DROP_HAIRPIN, nowNs);
        }
        if (asking == Sessions.NO_SESSION) {
            asking = sessions.openOutward(frame, outsidePort, nowNs);
            services.opened(asking, nowNs);
        }
        if (!Sessions.isRefused(asking) && asked == Sessions.NO_SESSION) {
            // A query, or equal ports: the one just opened is the other side too.
            boolean both = query || frame.remotePort == outsidePort;
            asked =
                    both
                            ? asking
                            : sessions.openHairpin(frame, addresses, inside, outsidePort, nowNs);
        }
        if (Sessions.isRefused(asking) || Sessions.isRefused(asked)) {
            return Sessions.refusal(Sessions.isRefused(asking) ? asking : asked);
        }
        if (asking >= 0 && services.find(frame, nowNs) != asking) {
            return Verdict.DROP_SESSION_LIMIT; // a full table gave it up for the other one
        }
        frame.note(Step.HAIRPIN, 0, 0);
        sessions.use(asking, frame, true, nowNs);
        sessions.use(asked, frame, false, nowNs);
        SegmentSize.clamp(frame, plan, sessions.policy().behaviour().maxSegmentSize());
        int insidePort = asked >= 0 ? sessions.table().insidePort(asked) : inside;
        services.enter(frame);
        rewrite.source(frame, addresses, outsidePort);
        rewrite.destination(frame, addresses, insidePort, 0);
        services.leave(frame, asked);
        return Verdict.HAIRPINNED;
    }

    /** One that is not the Service's target port, by which the two sessions would be one. */
    private int outsidePort(Frame frame, long nowNs) {
        int port = sessions.chooseOutside(frame, nowNs);
        return services.isRegarded() && port == frame.remotePort
                ? sessions.chooseForPod(frame, nowNs)
                : port;
    }

    private int findAsked(Frame frame, Addresses addresses, int outsidePort, long nowNs) {
        boolean query = Transport.isIcmp(frame.protocol);
        return sessions.find(
                frame,
                SessionTable.INWARD,
                frame.protocol,
                query ? outsidePort : frame.remotePort,
                addresses.podHigh(),
                addresses.podLow(),
                query ? 0 : outsidePort,
                nowNs);
    }

    /**
     * The inside port that a new flow to this outside one reaches, or {@link OutsidePool#NONE}. A
     * mapped port is the guest's too, whatever the filtering: the guest is who asks.
     */
    private int admittedInside(Frame frame) {
        NatPolicy.Ports ports = sessions.policy().ports();
        if (Transport.isIcmp(frame.protocol)) {
            boolean open = ports.open().isAll() && Transport.isRequest(frame);
            return open ? frame.localPort : OutsidePool.NONE;
        }
        if (ports.isReserved(frame.remotePort)) {
            return OutsidePool.NONE;
        }
        return ports.open().contains(frame.protocol, frame.remotePort)
                ? frame.remotePort
                : sessions.mappedInside(frame, frame.remotePort);
    }

    /** Its kernel would answer, but does not get to see it. */
    private static Verdict answerPing(Frame frame) {
        if (!Transport.isRequest(frame) || frame.isFragment()) {
            return Verdict.DROP_HAIRPIN;
        }
        if (frame.isIpv4()) {
            int src = Ipv4.src(frame.data, frame.l3);
            int dst = Ipv4.dst(frame.data, frame.l3);
            if (Icmp.type(frame.data, frame.l4) != Icmp.ECHO_REQUEST) {
                return Verdict.DROP_HAIRPIN;
            }
            Icmp.rewriteType(frame.data, frame.l4, Icmp.ECHO_REPLY);
            Ipv4.rewriteSrc(frame.data, frame.l3, dst);
            Ipv4.rewriteDst(frame.data, frame.l3, src);
        } else {
            Icmpv6.rewriteType(frame.data, frame.l4, Icmpv6.ECHO_REPLY);
            Ipv6.swapAddresses(frame.data, frame.l3);
        }
        frame.replies = true;
        return Verdict.ANSWERED;
    }
}
