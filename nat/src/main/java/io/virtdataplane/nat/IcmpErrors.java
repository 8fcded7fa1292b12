package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Step;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;

/**
 * Translates ICMP errors of both families (RFC 5508 4): each quotes the packet it is about, and
 * that packet's session says whose error it is. The quoted addresses, ports and checksums are
 * translated too, so that the receiver recognises what it sent. An error neither opens nor
 * refreshes nor ends a session (RFC 5508 REQ-5).
 */
final class IcmpErrors {
    private final NatPlan plan;
    private final Sessions sessions;
    private final QuotedPacket quoted = new QuotedPacket();
    private int about = Sessions.NO_SESSION;

    IcmpErrors(NatPlan plan, Sessions sessions) {
        this.plan = plan;
        this.sessions = sessions;
    }

    /**
     * FORWARDED with the frame translated, or why not: NO_SESSION where the quoted packet is none
     * of the guest's. {@code hops} less to live.
     */
    Verdict translate(Frame frame, boolean inward, int hops, long nowNs) {
        if (!isIntact(frame)) {
            return Verdict.DROP_MALFORMED; // it is computed anew, and must not become valid by that
        }
        Verdict verdict = quoted.read(frame, inward);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        Addresses addresses = plan.of(frame);
        boolean ours =
                inward
                        ? addresses.isPod(quoted.localHigh, quoted.localLow)
                        : addresses.isGuest(quoted.localHigh, quoted.localLow);
        if (!ours) {
            return Verdict.DROP_NO_SESSION;
        }
        int session =
                sessions.find(
                        frame,
                        inward ? SessionTable.INWARD : SessionTable.OUTWARD,
                        quoted.protocol,
                        quoted.localPort,
                        quoted.remoteHigh,
                        quoted.remoteLow,
                        quoted.remotePort,
                        nowNs);
        if (session == Sessions.NO_SESSION) {
            return Verdict.DROP_NO_SESSION;
        }
        about = session;
        SessionTable table = sessions.table();
        frame.note(Step.ABOUT_SESSION, table.insidePort(session), table.outsidePort(session));
        if (table.hasFrontEnd(session)) {
            rewriteService(frame, inward, session);
        }
        if (inward) {
            rewriteQuoted(frame, true, addresses, table.insidePort(session));
            Rewrite.destinationAddress(frame, addresses, hops);
        } else {
            rewriteQuoted(frame, false, addresses, table.outsidePort(session));
            Rewrite.sourceAddress(frame, addresses);
        }
        checksumAnew(frame);
        return Verdict.FORWARDED;
    }

    /** The session that the error last translated was about. */
    int about() {
        return about;
    }

    private static boolean isIntact(Frame frame) {
        int length = frame.end - frame.l4;
        return frame.isIpv4()
                ? Checksum.fold(Checksum.sum(frame.data, frame.l4, length)) == 0xffff
                : Icmpv6.isIntact(frame.data, frame.l3, frame.l4, length);
    }

    private static void checksumAnew(Frame frame) {
        int length = frame.end - frame.l4;
        if (frame.isIpv4()) {
            Icmp.checksumAnew(frame.data, frame.l4, length);
        } else {
            Icmpv6.checksumAnew(frame.data, frame.l3, frame.l4, length);
        }
    }

    /**
     * Puts our side's other address and {@code port} into the quoted packet, and repairs what of
     * its checksums is there. Inward, our side is the quoted source: the guest's packet met the
     * error.
     */
    private void rewriteQuoted(Frame frame, boolean inward, Addresses addresses, int port) {
        MemorySegment b = frame.data;
        rewriteQuotedAddress(frame, inward, addresses);
        int l4 = quoted.l4;
        if (quoted.protocol == Protocols.ICMP) {
            Icmp.rewriteIdentifier(b, l4, port);
            return;
        }
        if (!Transport.hasPorts(quoted.protocol)) {
            return;
        }
        int at = l4 + (quoted.protocol == Protocols.ICMPV6 ? 4 : inward ? 0 : 2);
        putQuotedPort(frame, at, port, inward ? addresses.inwardDelta() : addresses.outwardDelta());
    }

    private void putQuotedPort(Frame frame, int at, int port, long addressDelta) {
        MemorySegment b = frame.data;
        int l4 = quoted.l4;
        int before = Bytes.u16(b, at);
        Bytes.put16(b, at, port);
        int checksum = Transport.checksumOffset(quoted.protocol);
        if (checksum < 0 || l4 + checksum + 2 > frame.end) {
            return; // SCTP has no sum over addresses; of a short quote the sum is not there
        }
        long delta = addressDelta + Checksum.delta16(before, port);
        if (quoted.protocol == Protocols.UDP) {
            Udp.repairChecksum(b, l4, delta);
        } else if (quoted.protocol == Protocols.TCP) {
            Tcp.repairChecksum(b, l4, delta);
        } else {
            int sum = Checksum.repair(Bytes.u16(b, l4 + checksum), delta);
            Bytes.put16(b, l4 + checksum, sum);
        }
    }

    /**
     * Of a packet to or from a Service: to the guest it has the front end, to the outside the
     * endpoint. So has the error itself where it comes from the endpoint, or goes to the front end.
     */
    private void rewriteService(Frame frame, boolean inward, int session) {
        SessionTable table = sessions.table();
        FrontEnds fronts = table.frontEnds();
        long high = inward ? fronts.high(session) : table.remoteHigh(session);
        long low = inward ? fronts.low(session) : table.remoteLow(session);
        int port = inward ? fronts.port(session) : table.remotePort(session);
        boolean isFromRemote =
                frame.srcHigh == quoted.remoteHigh && frame.srcLow == quoted.remoteLow;
        boolean isToRemote = frame.dstHigh == quoted.remoteHigh && frame.dstLow == quoted.remoteLow;
        if (inward ? isFromRemote : isToRemote) {
            Rewrite.address(frame, frame.l3, inward, high, low);
        }
        Rewrite.address(frame, quoted.l3, !inward, high, low);
        long delta = Checksum.delta128(quoted.remoteHigh, quoted.remoteLow, high, low);
        putQuotedPort(frame, quoted.l4 + (inward ? 2 : 0), port, delta);
    }

    private void rewriteQuotedAddress(Frame frame, boolean inward, Addresses addresses) {
        MemorySegment b = frame.data;
        if (frame.isIpv4()) {
            if (inward) {
                Ipv4.rewriteSrc(b, quoted.l3, addresses.guest4());
            } else {
                Ipv4.rewriteDst(b, quoted.l3, addresses.pod4());
            }
        } else if (inward) {
            Ipv6.src(b, quoted.l3, addresses.guestHigh(), addresses.guestLow());
        } else {
            Ipv6.dst(b, quoted.l3, addresses.podHigh(), addresses.podLow());
        }
    }
}
