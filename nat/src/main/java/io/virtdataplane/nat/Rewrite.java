package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;
import io.virtdataplane.wire.VirtioNetHdr;

/**
 * Changes addresses and ports of a frame and repairs every checksum that covers them. Where the
 * checksum is still to be filled in (NEEDS_CSUM) the field holds the pseudo-header's sum: the
 * address's change is added to it uncomplemented, the port's not at all.
 */
final class Rewrite {
    private Rewrite() {}

    /** Outward: the guest's source becomes the pod's, and the packet has one hop less to live. */
    static void source(Frame frame, int address, int port) {
        long addressDelta = Checksum.delta32(Ipv4.src(frame.data, frame.l3), address);
        Ipv4.forwardFrom(frame.data, frame.l3, address);
        switch (frame.protocol) {
            case Tcp.PROTOCOL -> {
                long portDelta = Checksum.delta16(Tcp.srcPort(frame.data, frame.l4), port);
                Tcp.srcPort(frame.data, frame.l4, port);
                repairTcp(frame, addressDelta, portDelta);
            }
            case Udp.PROTOCOL -> {
                long portDelta = Checksum.delta16(Udp.srcPort(frame.data, frame.l4), port);
                Udp.srcPort(frame.data, frame.l4, port);
                repairUdp(frame, addressDelta, portDelta);
            }
            default -> Icmp.rewriteIdentifier(frame.data, frame.l4, port);
        }
    }

    /** Inward: the pod's address becomes the guest's, and the packet has one hop less to live. */
    static void destination(Frame frame, int address, int port) {
        long addressDelta = Checksum.delta32(Ipv4.dst(frame.data, frame.l3), address);
        Ipv4.forwardTo(frame.data, frame.l3, address);
        switch (frame.protocol) {
            case Tcp.PROTOCOL -> {
                long portDelta = Checksum.delta16(Tcp.dstPort(frame.data, frame.l4), port);
                Tcp.dstPort(frame.data, frame.l4, port);
                repairTcp(frame, addressDelta, portDelta);
            }
            case Udp.PROTOCOL -> {
                long portDelta = Checksum.delta16(Udp.dstPort(frame.data, frame.l4), port);
                Udp.dstPort(frame.data, frame.l4, port);
                repairUdp(frame, addressDelta, portDelta);
            }
            default -> Icmp.rewriteIdentifier(frame.data, frame.l4, port);
        }
    }

    private static void repairTcp(Frame frame, long addressDelta, long portDelta) {
        if (isPartial(frame)) {
            int sum = Tcp.checksum(frame.data, frame.l4);
            Tcp.checksum(frame.data, frame.l4, Checksum.fold(sum + addressDelta));
        } else {
            Tcp.repairChecksum(frame.data, frame.l4, addressDelta + portDelta);
        }
    }

    private static void repairUdp(Frame frame, long addressDelta, long portDelta) {
        if (isPartial(frame)) {
            int sum = Udp.checksum(frame.data, frame.l4);
            Udp.checksum(frame.data, frame.l4, Checksum.fold(sum + addressDelta));
        } else {
            Udp.repairChecksum(frame.data, frame.l4, addressDelta + portDelta);
        }
    }

    /**
     * To be filled in at this very header; a guest may mean an inner one, and then the outer
     * checksum is complete.
     */
    private static boolean isPartial(Frame frame) {
        return VirtioNetHdr.needsChecksum(frame.data, frame.vnet())
                && VirtioNetHdr.checksumStart(frame.data, frame.vnet()) == frame.l4 - frame.start;
    }
}
