package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Ipv6Chain;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;

/**
 * What an ICMP error quotes: headers of the packet that it is about, often no more than 8 bytes
 * behind the IP header (RFC 792). One object, filled anew for each error.
 */
final class QuotedPacket {
    private static final int PORTS = 8; // RFC 792: at least so much of the transport header
    int l3;
    int l4;
    int protocol;
    long localHigh;
    long localLow;
    long remoteHigh;
    long remoteLow;
    int localPort;
    int remotePort;

    /** CONTINUE when all fields are set. {@code localIsSource}: our side had sent the packet. */
    Verdict read(Frame frame, boolean localIsSource) {
        MemorySegment b = frame.data;
        l3 = frame.l4 + Icmp.HEADER;
        Verdict verdict =
                frame.isIpv4()
                        ? readIpv4(b, frame.end, localIsSource)
                        : readIpv6(b, frame.end, localIsSource);
        return verdict == Verdict.CONTINUE ? readPorts(b, frame.isIpv4(), localIsSource) : verdict;
    }

    private Verdict readIpv4(MemorySegment b, int end, boolean localIsSource) {
        if (!Ipv4.fitsQuoted(b, l3, end - PORTS) || Ipv4.isLaterFragment(b, l3)) {
            return Verdict.DROP_MALFORMED;
        }
        l4 = l3 + Ipv4.headerLength(b, l3);
        protocol = Ipv4.protocol(b, l3);
        localHigh = 0;
        remoteHigh = 0;
        localLow = Ip.mapped(localIsSource ? Ipv4.src(b, l3) : Ipv4.dst(b, l3));
        remoteLow = Ip.mapped(localIsSource ? Ipv4.dst(b, l3) : Ipv4.src(b, l3));
        return Verdict.CONTINUE;
    }

    private Verdict readIpv6(MemorySegment b, int end, boolean localIsSource) {
        if (!Ipv6.fitsQuoted(b, l3, end)) {
            return Verdict.DROP_MALFORMED;
        }
        long chain = Ipv6Chain.walk(b, l3, end);
        int fragment = Ipv6Chain.fragment(chain);
        if (Ipv6Chain.isMalformed(chain)
                || Ipv6Chain.isRefused(chain)
                || fragment != 0 && Ipv6Chain.fragmentOffset(b, fragment) != 0
                || Ipv6Chain.l4(chain) + PORTS > end) {
            return Verdict.DROP_MALFORMED;
        }
        l4 = Ipv6Chain.l4(chain);
        protocol = Ipv6Chain.protocol(chain);
        localHigh = localIsSource ? Ipv6.srcHigh(b, l3) : Ipv6.dstHigh(b, l3);
        localLow = localIsSource ? Ipv6.srcLow(b, l3) : Ipv6.dstLow(b, l3);
        remoteHigh = localIsSource ? Ipv6.dstHigh(b, l3) : Ipv6.srcHigh(b, l3);
        remoteLow = localIsSource ? Ipv6.dstLow(b, l3) : Ipv6.srcLow(b, l3);
        return Verdict.CONTINUE;
    }

    private Verdict readPorts(MemorySegment b, boolean ipv4, boolean localIsSource) {
        if (Transport.isIcmp(protocol)) {
            localPort = Icmp.identifier(b, l4);
            remotePort = 0;
            int type = Icmp.type(b, l4);
            boolean query =
                    ipv4
                            ? protocol == Protocols.ICMP
                                    && (Icmp.isRequest(type) || Icmp.isReply(type))
                            : protocol == Protocols.ICMPV6
                                    && (type == Icmpv6.ECHO_REQUEST || type == Icmpv6.ECHO_REPLY);
            // Never an error about an error: RFC 1122 3.2.2, RFC 4443 2.4 e.
            return query ? Verdict.CONTINUE : Verdict.DROP_ICMP_TYPE;
        }
        boolean hasPorts = Transport.hasPorts(protocol);
        int srcPort = hasPorts ? Bytes.u16(b, l4) : 0;
        int dstPort = hasPorts ? Bytes.u16(b, l4 + 2) : 0;
        localPort = localIsSource ? srcPort : dstPort;
        remotePort = localIsSource ? dstPort : srcPort;
        return Verdict.CONTINUE;
    }
}
