package io.virtdataplane.nat;

import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;

/** ICMP errors of both families for tests, made by hand and judged by pcap4j. */
final class IcmpPackets {
    private static final int QUOTED = 8;

    private IcmpPackets() {}

    /** Host unreachable, or no route, about the packet in {@code about}, which its source gets. */
    static byte[] unreachable(Family family, String router, byte[] about) {
        return family.isIpv6()
                ? error(family, router, sourceOf(family, about), 1, 0, 0, about, 48)
                : error(family, router, sourceOf(family, about), 3, 1, 0, about, 28);
    }

    static byte[] tooBig(Family family, String router, byte[] about, int mtu) {
        return family.isIpv6()
                ? error(family, router, sourceOf(family, about), 2, 0, mtu, about, 48)
                : error(family, router, sourceOf(family, about), 3, 4, mtu, about, 28);
    }

    static byte[] timeExceeded(Family family, String router, byte[] about) {
        int type = family.isIpv6() ? 3 : 11;
        int length = family.ipHeader + QUOTED;
        return error(family, router, sourceOf(family, about), type, 0, 0, about, length);
    }

    private static String sourceOf(Family family, byte[] frame) {
        MemorySegment b = MemorySegment.ofArray(frame);
        return family.isIpv6()
                ? AddressText.ip(Ipv6.srcHigh(b, 14), Ipv6.srcLow(b, 14))
                : AddressText.ipv4(Ipv4.src(b, 14));
    }

    /** An error that quotes the first {@code length} bytes of the packet in {@code about}. */
    static byte[] error(
            Family family,
            String src,
            String dst,
            int type,
            int code,
            int rest,
            byte[] about,
            int length) {
        int l4 = 14 + family.ipHeader;
        byte[] frame = new byte[Math.max(60, l4 + 8 + length)];
        System.arraycopy(about, 0, frame, 0, 14);
        System.arraycopy(about, 14, frame, l4 + 8, length);
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, 0x0200_0000_0000L, 0x5254_0000_0001L);
        if (family.isIpv6()) {
            Ipv6.emit(b, 14, 8 + length, Protocols.ICMPV6, 64);
            long[] from = AddressText.ipv6(src);
            long[] to = AddressText.ipv6(dst);
            Ipv6.src(b, 14, from[0], from[1]);
            Ipv6.dst(b, 14, to[0], to[1]);
            Icmpv6.emit(b, l4, type, code, rest);
            Icmpv6.checksumAnew(b, 14, l4, 8 + length);
        } else {
            Icmp.emit(b, l4, type, code, rest, 8 + length);
            Ipv4.emit(
                    b,
                    14,
                    28 + length,
                    Protocols.ICMP,
                    AddressText.ipv4(src),
                    AddressText.ipv4(dst));
        }
        return frame;
    }

    /** Offset of the quoted packet. */
    static int quoted(Family family) {
        return 14 + family.ipHeader + 8;
    }

    /** "router > guest type/code rest" as pcap4j's checksum rules accept it. */
    static String describe(Family family, byte[] frame) {
        MemorySegment b = MemorySegment.ofArray(frame);
        int l4 = 14 + family.ipHeader;
        int length =
                family.isIpv6()
                        ? Ipv6.payloadLength(b, 14)
                        : Ipv4.totalLength(b, 14) - family.ipHeader;
        boolean intact =
                family.isIpv6()
                        ? Icmpv6.isIntact(b, 14, l4, length)
                        : Checksum.fold(Checksum.sum(b, l4, length)) == 0xffff
                                && Ipv4.isIntact(b, 14);
        if (!intact) {
            throw new AssertionError("checksum of the error is wrong");
        }
        String src =
                family.isIpv6()
                        ? AddressText.ip(Ipv6.srcHigh(b, 14), Ipv6.srcLow(b, 14))
                        : AddressText.ipv4(Ipv4.src(b, 14));
        String dst =
                family.isIpv6()
                        ? AddressText.ip(Ipv6.dstHigh(b, 14), Ipv6.dstLow(b, 14))
                        : AddressText.ipv4(Ipv4.dst(b, 14));
        return src
                + " > "
                + dst
                + " "
                + Icmp.type(b, l4)
                + "/"
                + Icmpv6.code(b, l4)
                + " "
                + io.virtdataplane.wire.Bytes.u32(b, l4 + 4);
    }
}
