package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Vlan;

/**
 * Finds the headers of a frame once; later stages read the offsets without further checks of this
 * kind.
 */
final class Headers {
    private Headers() {}

    /** {@link Verdict#CONTINUE}, or why the frame cannot be walked. */
    static Verdict parse(Frame frame) {
        int limit = frame.start + frame.length;
        frame.l4 = 0;
        frame.protocol = -1;
        if (frame.length < Ethernet.HEADER || limit > Frame.CAPACITY) {
            return Verdict.DROP_MALFORMED;
        }
        frame.l3 = frame.start + Ethernet.HEADER;
        frame.end = limit;
        frame.etherType = Ethernet.type(frame.data, frame.start);
        return switch (frame.etherType) {
            case Ethernet.IPV4 -> parseIpv4(frame, limit);
            case Ethernet.ARP -> Verdict.CONTINUE;
            case Vlan.TPID_8021Q, Vlan.TPID_8021AD -> Verdict.DROP_VLAN_TAG;
            default -> Verdict.DROP_ETHERTYPE;
        };
    }

    private static Verdict parseIpv4(Frame frame, int limit) {
        if (!Ipv4.fits(frame.data, frame.l3, limit)) {
            return Verdict.DROP_MALFORMED;
        }
        frame.l4 = frame.l3 + Ipv4.headerLength(frame.data, frame.l3);
        frame.end = frame.l3 + Ipv4.totalLength(frame.data, frame.l3);
        frame.protocol = Ipv4.protocol(frame.data, frame.l3);
        return Verdict.CONTINUE;
    }
}
