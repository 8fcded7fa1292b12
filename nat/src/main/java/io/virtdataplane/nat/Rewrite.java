package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Sctp;
import io.virtdataplane.wire.Udp;
import io.virtdataplane.wire.VirtioNetHdr;
import java.util.zip.CRC32C;

/**
 * Changes addresses and ports of a frame and repairs every checksum that covers them (RFC 1624).
 * Where the checksum is still to be filled in (NEEDS_CSUM) the field holds the pseudo-header's sum:
 * the address's change is added to it uncomplemented, the port's not at all.
 */
final class Rewrite {
    private static final int SRC_PORT = 0;
    private static final int DST_PORT = 2;
    private static final int QUERY_IDENTIFIER = 4;
    private final CRC32C crc = new CRC32C();

    /** Outward: the guest's source becomes the pod's, and the packet has one hop less to live. */
    void source(Frame frame, Addresses addresses, int port) {
        sourceAddress(frame, addresses);
        transport(frame, addresses.outwardDelta(), SRC_PORT, port);
    }

    /** Inward: the pod's address becomes the guest's; {@code hops} less to live. */
    void destination(Frame frame, Addresses addresses, int port, int hops) {
        destinationAddress(frame, addresses, hops);
        transport(frame, addresses.inwardDelta(), DST_PORT, port);
    }

    /** The destination becomes the one that the frame is regarded as one to. */
    void remoteDestination(Frame frame, long highBefore, long lowBefore) {
        long delta = Checksum.delta128(highBefore, lowBefore, frame.dstHigh, frame.dstLow);
        address(frame, frame.l3, false, frame.dstHigh, frame.dstLow);
        transport(frame, delta, DST_PORT, frame.remotePort);
    }

    /** The source, which is the first endpoint, becomes the second one. */
    void remoteSource(Frame frame, long highBefore, long lowBefore, long high, long low, int port) {
        address(frame, frame.l3, true, high, low);
        transport(frame, Checksum.delta128(highBefore, lowBefore, high, low), SRC_PORT, port);
    }

    /** One address of the IP header there, with that header's checksum. */
    static void address(Frame frame, int l3, boolean isSource, long high, long low) {
        if (frame.isIpv6()) {
            if (isSource) {
                Ipv6.src(frame.data, l3, high, low);
            } else {
                Ipv6.dst(frame.data, l3, high, low);
            }
        } else if (isSource) {
            Ipv4.rewriteSrc(frame.data, l3, Ip.ipv4(low));
        } else {
            Ipv4.rewriteDst(frame.data, l3, Ip.ipv4(low));
        }
    }

    /** The source port, or identifier, alone. */
    void sourcePort(Frame frame, int port) {
        transport(frame, 0, SRC_PORT, port);
    }

    /** Repairs what covers both addresses, whose sum has changed by {@code delta}. */
    static void addressesChanged(Frame frame, long delta) {
        int offset = Transport.checksumOffset(frame.protocol);
        if (offset < 0) {
            return;
        }
        int field = frame.l4 + offset;
        if (isPartial(frame)) {
            int sum = Bytes.u16(frame.data, field);
            Bytes.put16(frame.data, field, Checksum.fold(sum + delta));
        } else {
            repair(frame, field, delta);
        }
    }

    /** All there is to do of a later fragment, which has no transport header. */
    static void sourceAddress(Frame frame, Addresses addresses) {
        if (frame.isIpv4()) {
            Ipv4.forwardFrom(frame.data, frame.l3, addresses.pod4(), 1);
        } else {
            Ipv6.src(frame.data, frame.l3, addresses.podHigh(), addresses.podLow());
            Ipv6.hopLimit(frame.data, frame.l3, Ipv6.hopLimit(frame.data, frame.l3) - 1);
        }
    }

    static void destinationAddress(Frame frame, Addresses addresses, int hops) {
        if (frame.isIpv4()) {
            Ipv4.forwardTo(frame.data, frame.l3, addresses.guest4(), hops);
        } else {
            Ipv6.dst(frame.data, frame.l3, addresses.guestHigh(), addresses.guestLow());
            Ipv6.hopLimit(frame.data, frame.l3, Ipv6.hopLimit(frame.data, frame.l3) - hops);
        }
    }

    private void transport(Frame frame, long addressDelta, int portOffset, int port) {
        int protocol = frame.protocol;
        if (protocol == Protocols.ICMP) {
            Icmp.rewriteIdentifier(frame.data, frame.l4, port);
            return;
        }
        if (!Transport.hasPorts(protocol)) {
            return; // nothing of theirs covers an address
        }
        int at = frame.l4 + (protocol == Protocols.ICMPV6 ? QUERY_IDENTIFIER : portOffset);
        int before = Bytes.u16(frame.data, at);
        Bytes.put16(frame.data, at, port);
        if (protocol == Protocols.SCTP) {
            if (port != before) {
                Sctp.checksumAnew(frame.data, frame.l4, frame.end, crc);
            }
            return;
        }
        int field = frame.l4 + Transport.checksumOffset(protocol);
        if (isPartial(frame)) {
            int sum = Bytes.u16(frame.data, field);
            Bytes.put16(frame.data, field, Checksum.fold(sum + addressDelta));
        } else {
            repair(frame, field, addressDelta + Checksum.delta16(before, port));
        }
    }

    private static void repair(Frame frame, int field, long delta) {
        if (frame.protocol == Protocols.UDP) {
            Udp.repairChecksum(frame.data, frame.l4, delta);
        } else {
            int checksum = Checksum.repair(Bytes.u16(frame.data, field), delta);
            boolean mayBeZero = frame.protocol != Protocols.UDPLITE; // RFC 3828 3.1
            Bytes.put16(frame.data, field, checksum == 0 && !mayBeZero ? 0xffff : checksum);
        }
    }

    /**
     * To be filled in at this very header; a guest may mean an inner one, and then the outer
     * checksum is complete.
     */
    static boolean isPartial(Frame frame) {
        return VirtioNetHdr.needsChecksum(frame.data, frame.vnet())
                && VirtioNetHdr.checksumStart(frame.data, frame.vnet()) == frame.l4 - frame.start;
    }
}
