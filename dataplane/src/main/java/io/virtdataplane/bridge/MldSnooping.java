package io.virtdataplane.bridge;

import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Ipv6Chain;
import io.virtdataplane.wire.Mld;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;

/** Reads IPv6 packets to groups, and MLD messages. */
final class MldSnooping extends GroupSnooping {
    private static final long LINK_SCOPE = 0xff02L << 48;
    private static final long ALL_NODES = 1;
    private static final long SOLICITED_NODE = 0x1_ff; // RFC 4291 2.7.1: but for the last 24 bits
    private static final long GROUP_MAC = 0x3333_0000_0000L; // RFC 2464 7
    private static final int NOT_MLD = -3;

    MldSnooping(Groups groups, int maxGroups) {
        super(groups, maxGroups, 6, 2 * Long.BYTES);
    }

    @Override
    int read(MemorySegment b, int l3, int limit) {
        if (!Ipv6.fits(b, l3, limit)) {
            return MALFORMED;
        }
        int heard = mld(b, l3);
        if (heard != NOT_MLD) {
            return heard;
        }
        long high = Ipv6.dstHigh(b, l3);
        long low = Ipv6.dstLow(b, l3);
        if (!isNoted(high, low) || !isQuerierPresent()) {
            return EVERYBODY;
        }
        int members = membersOf(high, low);
        boolean isSolicitation = high == LINK_SCOPE && low >>> 24 == SOLICITED_NODE;
        if (members == 0 && isSolicitation) {
            return EVERYBODY; // that a station is found must not hang on its reports
        }
        return withRouters(high, low, members);
    }

    /** Messages about groups carry the router alert, a hop-by-hop option (RFC 2710 3). */
    private int mld(MemorySegment b, int l3) {
        if (Ipv6.nextHeader(b, l3) != Protocols.HOP_BY_HOP) {
            return NOT_MLD;
        }
        int end = l3 + Ipv6.HEADER + Ipv6.payloadLength(b, l3);
        long chain = Ipv6Chain.walk(b, l3, end);
        int l4 = Ipv6Chain.l4(chain);
        boolean isWhole =
                !Ipv6Chain.isMalformed(chain)
                        && !Ipv6Chain.isRefused(chain)
                        && Ipv6Chain.fragment(chain) == 0;
        if (!isWhole
                || Ipv6Chain.protocol(chain) != Protocols.ICMPV6
                || !Icmpv6.fits(l4, end)
                || !Mld.isType(Icmpv6.type(b, l4))) {
            return NOT_MLD;
        }
        boolean isReadable =
                Mld.fits(b, l4, end)
                        && Icmpv6.isIntact(b, l3, l4, end - l4)
                        && Ipv6.hopLimit(b, l3) == 1;
        return isReadable ? message(b, l3, l4, end) : MALFORMED;
    }

    private int message(MemorySegment b, int l3, int l4, int end) {
        switch (Icmpv6.type(b, l4)) {
            case Mld.QUERY -> {
                return query(b, l3, l4, end);
            }
            case Mld.V1_REPORT -> {
                joinWritten(b, l4 + Mld.GROUP);
                return toRouters();
            }
            case Mld.V2_REPORT -> {
                return report(b, l4, end);
            }
            case Mld.ROUTER_ADVERTISEMENT -> heardRouter();
            default -> {} // after a done the querier asks who is left: its query is heard
        }
        return EVERYBODY;
    }

    private int query(MemorySegment b, int l3, int l4, int end) {
        long high = Bytes.u64(b, l4 + Mld.GROUP);
        long low = Bytes.u64(b, l4 + Mld.GROUP + Long.BYTES);
        boolean isGeneral = (high | low) == 0;
        long askedLow = isGeneral ? ALL_NODES : low;
        boolean isRight =
                Ip.isLinkLocal6(Ipv6.srcHigh(b, l3)) // RFC 3810 5.1.14
                        && Ipv6.dstHigh(b, l3) == (isGeneral ? LINK_SCOPE : high)
                        && Ipv6.dstLow(b, l3) == askedLow
                        && isSentTo(GROUP_MAC | askedLow & 0xffff_ffffL)
                        && Mld.isQueryLength(end - l4);
        if (!isRight) {
            return MALFORMED;
        }
        long response = Mld.maxResponseNs(b, l4, end);
        if (isGeneral) {
            heardQuerier(response);
        } else if (!Mld.isOfSources(b, l4, end)) {
            heardQuery(high, low, response);
        }
        return EVERYBODY;
    }

    @Override
    void joinWritten(MemorySegment b, int at) {
        long high = Bytes.u64(b, at);
        long low = Bytes.u64(b, at + Long.BYTES);
        if (isNoted(high, low)) {
            join(high, low);
        }
    }

    /** All nodes are in ff02::1 without a report. */
    private static boolean isNoted(long high, long low) {
        return Ip.isMulticast6(high) && (high != LINK_SCOPE || low != ALL_NODES);
    }
}
