package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;

/**
 * Translates ICMP errors (RFC 5508 4): each quotes the packet it is about, and that packet's
 * session says whose error it is. The quoted addresses, ports and checksums are translated too, so
 * that the receiver recognises what it sent. An error neither opens nor refreshes nor ends a
 * session (RFC 5508 REQ-5).
 */
final class IcmpErrors {
    private static final int QUOTED_L4 =
            8; // RFC 792: at least so much of the quoted packet is there
    private static final int TCP_CHECKSUM_END = 18;
    private final NatPlan plan;
    private final Sessions sessions;

    IcmpErrors(NatPlan plan, Sessions sessions) {
        this.plan = plan;
        this.sessions = sessions;
    }

    /**
     * FORWARDED with the frame translated, or why not: NO_SESSION where the quoted packet is none
     * of the guest's.
     */
    Verdict translate(Frame frame, boolean inward) {
        Verdict verdict = check(frame, inward);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        MemorySegment b = frame.data;
        int quoted = frame.l4 + Icmp.HEADER;
        int l4 = quoted + Ipv4.headerLength(b, quoted);
        int session = session(b, quoted, l4, inward);
        if (session == Sessions.NO_SESSION) {
            return Verdict.DROP_NO_SESSION;
        }
        SessionTable table = sessions.table();
        if (inward) {
            rewriteQuoted(
                    b, quoted, l4, frame.end, true, plan.guestAddress(), table.insidePort(session));
            Ipv4.forwardTo(b, frame.l3, plan.guestAddress());
        } else {
            rewriteQuoted(
                    b, quoted, l4, frame.end, false, plan.podAddress(), table.outsidePort(session));
            Ipv4.forwardFrom(b, frame.l3, plan.podAddress());
        }
        Icmp.checksumAnew(b, frame.l4, frame.end - frame.l4);
        return Verdict.FORWARDED;
    }

    /**
     * The quoted header and 8 bytes behind it are there, it is a first fragment, our side of it is
     * our address, the error's checksum holds. Our side is the quoted source on the way in, where
     * the guest's packet met the error, and the destination on the way out.
     */
    private Verdict check(Frame frame, boolean inward) {
        MemorySegment b = frame.data;
        int quoted = frame.l4 + Icmp.HEADER;
        if (!Ipv4.fitsQuoted(b, quoted, frame.end - QUOTED_L4) || Ipv4.isLaterFragment(b, quoted)) {
            return Verdict.DROP_MALFORMED;
        }
        if (Checksum.fold(Checksum.sum(b, frame.l4, frame.end - frame.l4)) != 0xffff) {
            return Verdict.DROP_MALFORMED; // it is computed anew, and must not become valid by that
        }
        boolean ours =
                inward
                        ? Ipv4.src(b, quoted) == plan.podAddress()
                        : Ipv4.dst(b, quoted) == plan.guestAddress();
        if (!ours) {
            return Verdict.DROP_NO_SESSION;
        }
        if (Ipv4.ttl(b, frame.l3) <= 1) {
            return Verdict.DROP_TTL_EXPIRED;
        }
        return switch (Ipv4.protocol(b, quoted)) {
            case Tcp.PROTOCOL, Udp.PROTOCOL -> Verdict.CONTINUE;
            case Icmp.PROTOCOL ->
                    isQuery(Icmp.type(b, quoted + Ipv4.headerLength(b, quoted)))
                            ? Verdict.CONTINUE
                            : Verdict.DROP_ICMP_TYPE;
            default -> Verdict.DROP_PROTOCOL;
        };
    }

    private int session(MemorySegment b, int quoted, int l4, boolean inward) {
        int protocol = Ipv4.protocol(b, quoted);
        boolean query = protocol == Icmp.PROTOCOL;
        int source = query ? Icmp.identifier(b, l4) : Bytes.u16(b, l4);
        int destination = query ? 0 : Bytes.u16(b, l4 + 2);
        if (inward) {
            return sessions.inward(protocol, source, Ipv4.dst(b, quoted), destination);
        }
        int local = query ? source : destination;
        return sessions.findOutward(protocol, local, Ipv4.src(b, quoted), query ? 0 : source);
    }

    private static boolean isQuery(int type) {
        return type == Icmp.ECHO_REQUEST
                || type == Icmp.ECHO_REPLY; // never an error about an error (RFC 1122 3.2.2)
    }

    /**
     * Puts {@code address} and {@code port} in the place of our side of the quoted packet, and
     * repairs what of its checksums is there.
     */
    private static void rewriteQuoted(
            MemorySegment b,
            int quoted,
            int l4,
            int end,
            boolean localIsSource,
            int address,
            int port) {
        int before = localIsSource ? Ipv4.src(b, quoted) : Ipv4.dst(b, quoted);
        long addressDelta = Checksum.delta32(before, address);
        if (localIsSource) {
            Ipv4.rewriteSrc(b, quoted, address);
        } else {
            Ipv4.rewriteDst(b, quoted, address);
        }
        int protocol = Ipv4.protocol(b, quoted);
        if (protocol == Icmp.PROTOCOL) {
            Icmp.rewriteIdentifier(b, l4, port);
            return;
        }
        int at = localIsSource ? l4 : l4 + 2;
        long delta = addressDelta + Checksum.delta16(Bytes.u16(b, at), port);
        Bytes.put16(b, at, port);
        if (protocol == Udp.PROTOCOL) {
            Udp.repairChecksum(b, l4, delta);
        } else if (l4 + TCP_CHECKSUM_END <= end) {
            Tcp.repairChecksum(b, l4, delta);
        }
    }
}
