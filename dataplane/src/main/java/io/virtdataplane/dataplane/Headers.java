package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Ipv6Chain;

/**
 * Finds the headers of a frame once; later stages read the offsets without further checks of this
 * kind.
 */
public final class Headers {
    private static final int LONGEST_DATAGRAM = 65_535;

    private Headers() {}

    /** {@link Verdict#CONTINUE}, or why the frame cannot be walked. */
    public static Verdict parse(Frame frame) {
        int limit = frame.start + frame.length;
        frame.l4 = 0;
        frame.protocol = -1;
        frame.fragmentOffset = Frame.WHOLE;
        frame.fragmentHeader = 0;
        frame.splitMtu = 0;
        frame.replies = false;
        if (frame.length < Ethernet.HEADER || limit > Frame.CAPACITY) {
            return Verdict.DROP_MALFORMED;
        }
        if (frame.tag != Frame.UNTAGGED) {
            return Verdict.DROP_VLAN_TAG;
        }
        frame.l3 = frame.start + Ethernet.HEADER;
        frame.end = limit;
        frame.etherType = Ethernet.type(frame.data, frame.start);
        return switch (frame.etherType) {
            case Ethernet.IPV4 -> parseIpv4(frame, limit);
            case Ethernet.IPV6 -> parseIpv6(frame, limit);
            case Ethernet.ARP -> Verdict.CONTINUE;
            case Ethernet.DOT1Q, Ethernet.DOT1AD -> Verdict.DROP_VLAN_TAG;
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
        frame.srcHigh = 0;
        frame.srcLow = Ip.mapped(Ipv4.src(frame.data, frame.l3));
        frame.dstHigh = 0;
        frame.dstLow = Ip.mapped(Ipv4.dst(frame.data, frame.l3));
        if (!Ipv4.isFragment(frame.data, frame.l3)) {
            return Verdict.CONTINUE;
        }
        frame.fragmentOffset = Ipv4.fragmentOffset(frame.data, frame.l3);
        frame.moreFragments = Ipv4.moreFragments(frame.data, frame.l3);
        frame.identification = Ipv4.identification(frame.data, frame.l3);
        return checkFragment(frame);
    }

    private static Verdict parseIpv6(Frame frame, int limit) {
        if (!Ipv6.fits(frame.data, frame.l3, limit)) {
            return Verdict.DROP_MALFORMED;
        }
        frame.end = frame.l3 + Ipv6.HEADER + Ipv6.payloadLength(frame.data, frame.l3);
        frame.srcHigh = Ipv6.srcHigh(frame.data, frame.l3);
        frame.srcLow = Ipv6.srcLow(frame.data, frame.l3);
        frame.dstHigh = Ipv6.dstHigh(frame.data, frame.l3);
        frame.dstLow = Ipv6.dstLow(frame.data, frame.l3);
        long chain = Ipv6Chain.walk(frame.data, frame.l3, frame.end);
        if (Ipv6Chain.isMalformed(chain)) {
            return Verdict.DROP_MALFORMED;
        }
        if (Ipv6Chain.isRefused(chain)) {
            return Verdict.DROP_EXTENSION_HEADER;
        }
        frame.protocol = Ipv6Chain.protocol(chain);
        frame.l4 = Ipv6Chain.l4(chain);
        frame.fragmentHeader = Ipv6Chain.fragment(chain);
        return frame.fragmentHeader == 0 ? Verdict.CONTINUE : parseFragmentHeader(frame);
    }

    private static Verdict parseFragmentHeader(Frame frame) {
        int offset = Ipv6Chain.fragmentOffset(frame.data, frame.fragmentHeader);
        frame.moreFragments = Ipv6Chain.moreFragments(frame.data, frame.fragmentHeader);
        if (offset == 0 && !frame.moreFragments) {
            return Verdict.CONTINUE; // RFC 6946: an "atomic" fragment is a whole packet
        }
        frame.fragmentOffset = offset;
        frame.identification = Ipv6Chain.identification(frame.data, frame.fragmentHeader);
        return checkFragment(frame);
    }

    /** RFC 791 3.2, RFC 8200 4.5: all but the last are multiples of 8, none passes 65,535. */
    private static Verdict checkFragment(Frame frame) {
        int length = fragmentLength(frame);
        boolean wrong =
                length <= 0
                        || frame.moreFragments && length % 8 != 0
                        || frame.fragmentOffset + length > LONGEST_DATAGRAM;
        return wrong ? Verdict.DROP_MALFORMED : Verdict.CONTINUE;
    }

    /**
     * Bytes of the datagram's payload in this fragment; IPv6 extensions behind the header count.
     */
    public static int fragmentLength(Frame frame) {
        int from = frame.isIpv4() ? frame.l4 : frame.fragmentHeader + Ipv6Chain.FRAGMENT_HEADER;
        return frame.end - from;
    }
}
