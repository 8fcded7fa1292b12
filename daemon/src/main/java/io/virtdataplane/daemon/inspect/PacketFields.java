package io.virtdataplane.daemon.inspect;

import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Ipv6Chain;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;
import java.lang.foreign.MemorySegment;

/**
 * What people want to see of a frame, read from its first bytes. Not for the packet path.
 *
 * @param etherType -1 where the frame is too short for one
 * @param protocol IP protocol, or -1
 */
public record PacketFields(int etherType, End src, End dst, int protocol, String rest) {
    private static final End NOBODY = new End(0, 0, -1);

    /**
     * One of the two ends.
     *
     * @param port -1: it has none
     */
    record End(long high, long low, int port) {
        boolean is(long otherHigh, long otherLow) {
            return high == otherHigh && low == otherLow;
        }

        End withPort(int its) {
            return new End(high, low, its);
        }
    }

    public static PacketFields of(byte[] frame) {
        MemorySegment b = MemorySegment.ofArray(frame);
        if (frame.length < Ethernet.HEADER) {
            return bare(-1, "frame of " + frame.length + " bytes");
        }
        int type = Ethernet.type(b, 0);
        int l3 = Ethernet.HEADER;
        if (type == Ethernet.ARP && Arp.fits(b, l3, frame.length)) {
            String words =
                    Arp.op(b, l3) == Arp.REQUEST
                            ? "ARP who has "
                                    + AddressText.ipv4(Arp.tpa(b, l3))
                                    + ", tell "
                                    + AddressText.ipv4(Arp.spa(b, l3))
                            : "ARP "
                                    + AddressText.ipv4(Arp.spa(b, l3))
                                    + " is at "
                                    + AddressText.mac(Arp.sha(b, l3));
            return bare(type, words);
        }
        if (type == Ethernet.IPV4 && Ipv4.fitsQuoted(b, l3, frame.length)) {
            return ipv4(b, l3, frame.length);
        }
        if (type == Ethernet.IPV6 && Ipv6.fitsQuoted(b, l3, frame.length)) {
            return ipv6(b, l3, frame.length);
        }
        return bare(type, String.format("EtherType 0x%04x", type));
    }

    private static PacketFields bare(int etherType, String words) {
        return new PacketFields(etherType, NOBODY, NOBODY, -1, words);
    }

    private static PacketFields ipv4(MemorySegment b, int l3, int end) {
        boolean later = Ipv4.isLaterFragment(b, l3);
        String rest = " ttl " + Ipv4.ttl(b, l3) + " length " + Ipv4.totalLength(b, l3);
        if (Ipv4.isFragment(b, l3)) {
            rest += " fragment at " + Ipv4.fragmentOffset(b, l3);
        }
        return transport(
                b,
                Ethernet.IPV4,
                new End[] {
                    new End(0, Ip.mapped(Ipv4.src(b, l3)), -1),
                    new End(0, Ip.mapped(Ipv4.dst(b, l3)), -1)
                },
                Ipv4.protocol(b, l3),
                later ? end : l3 + Ipv4.headerLength(b, l3),
                rest);
    }

    private static PacketFields ipv6(MemorySegment b, int l3, int end) {
        long chain = Ipv6Chain.walk(b, l3, end);
        boolean readable = !Ipv6Chain.isMalformed(chain) && !Ipv6Chain.isRefused(chain);
        int fragment = Ipv6Chain.fragment(chain);
        boolean later = fragment != 0 && Ipv6Chain.fragmentOffset(b, fragment) != 0;
        String rest = " hop limit " + Ipv6.hopLimit(b, l3);
        rest += " length " + (Ipv6.HEADER + Ipv6.payloadLength(b, l3));
        if (fragment != 0) {
            rest += " fragment at " + Ipv6Chain.fragmentOffset(b, fragment);
        }
        return transport(
                b,
                Ethernet.IPV6,
                new End[] {
                    new End(Ipv6.srcHigh(b, l3), Ipv6.srcLow(b, l3), -1),
                    new End(Ipv6.dstHigh(b, l3), Ipv6.dstLow(b, l3), -1)
                },
                readable ? Ipv6Chain.protocol(chain) : -1,
                readable && !later ? Ipv6Chain.l4(chain) : end,
                rest);
    }

    private static PacketFields transport(
            MemorySegment b, int type, End[] ends, int protocol, int l4, String words) {
        boolean hasPorts =
                switch (protocol) {
                    case Protocols.TCP,
                            Protocols.UDP,
                            Protocols.DCCP,
                            Protocols.SCTP,
                            Protocols.UDPLITE ->
                            true;
                    default -> false;
                };
        End src = ends[0];
        End dst = ends[1];
        String rest = words;
        if (hasPorts && l4 + 4 <= b.byteSize()) {
            src = src.withPort(Bytes.u16(b, l4));
            dst = dst.withPort(Bytes.u16(b, l4 + 2));
        } else if ((protocol == Protocols.ICMP || protocol == Protocols.ICMPV6)
                && l4 + 8 <= b.byteSize()) {
            rest = " type " + Icmp.type(b, l4) + " id " + Icmp.identifier(b, l4) + rest;
        }
        if (protocol == Protocols.TCP && l4 + Tcp.HEADER <= b.byteSize()) {
            rest = " flags " + flags(Tcp.flags(b, l4)) + rest;
        }
        return new PacketFields(type, src, dst, protocol, rest);
    }

    private static String flags(int flags) {
        StringBuilder text = new StringBuilder();
        String letters = "FSRPAUEC"; // from the lowest bit on
        for (int bit = 0; bit < letters.length(); bit++) {
            if ((flags >>> bit & 1) != 0) {
                text.append(letters.charAt(bit));
            }
        }
        return text.isEmpty() ? "-" : text.toString();
    }

    boolean isIp() {
        return etherType == Ethernet.IPV4 || etherType == Ethernet.IPV6;
    }

    boolean hasAddress(long high, long low) {
        return isIp() && (src.is(high, low) || dst.is(high, low));
    }

    boolean hasPort(int port) {
        return src.port == port || dst.port == port;
    }

    /** ICMP's number stands for that of either family. */
    boolean isProtocol(int wanted) {
        return protocol == wanted || wanted == Protocols.ICMP && protocol == Protocols.ICMPV6;
    }

    /** One line, near to what tcpdump prints. */
    public String text() {
        if (!isIp() || src.is(0, 0) && dst.is(0, 0)) {
            return rest;
        }
        return (etherType == Ethernet.IPV4 ? "IPv4 " : "IPv6 ")
                + endpoint(src.high, src.low, src.port)
                + " > "
                + endpoint(dst.high, dst.low, dst.port)
                + " "
                + (protocol < 0 ? "?" : Protocols.name(protocol))
                + rest;
    }

    /** "10.0.2.2:80", "[fd10:0:2::2]:80"; without a port where it is below 0. */
    public static String endpoint(long high, long low, int port) {
        String address = AddressText.ip(high, low);
        if (port < 0) {
            return address;
        }
        return (address.indexOf(':') >= 0 ? "[" + address + "]" : address) + ":" + port;
    }
}
