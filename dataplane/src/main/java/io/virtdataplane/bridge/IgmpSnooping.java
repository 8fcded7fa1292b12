package io.virtdataplane.bridge;

import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Igmp;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;

/** Reads IPv4 packets to groups, and IGMP messages. */
final class IgmpSnooping extends GroupSnooping {
    private static final int PIM_HELLO = 0x20; // RFC 7761 4.9: version 2, type 0
    private static final int ALL_HOSTS = 0xe000_0001;
    private static final long GROUP_MAC = 0x0100_5e00_0000L; // RFC 1112 6.4
    private static final int GROUP_MAC_BITS = 0x7f_ffff;
    private static final int ALL_PIM_ROUTERS = 0xe000_000d;

    IgmpSnooping(Groups groups, int maxGroups) {
        super(groups, maxGroups, 4, Integer.BYTES);
    }

    @Override
    int read(MemorySegment b, int l3, int limit) {
        if (!Ipv4.fits(b, l3, limit)) {
            return MALFORMED;
        }
        int l4 = l3 + Ipv4.headerLength(b, l3);
        int end = l3 + Ipv4.totalLength(b, l3);
        int group = Ipv4.dst(b, l3);
        if (Ipv4.protocol(b, l3) == Protocols.IGMP) {
            return igmp(b, l3, l4, end);
        }
        if (group == ALL_PIM_ROUTERS && isPimHello(b, l3, l4, end)) {
            heardRouter();
        }
        if (!isNoted(group) || !isQuerierPresent()) {
            return EVERYBODY;
        }
        return withRouters(0, Ip.mapped(group), membersOf(0, Ip.mapped(group)));
    }

    private int igmp(MemorySegment b, int l3, int l4, int end) {
        if (Ipv4.isFragment(b, l3) || !Igmp.fits(l4, end) || !Igmp.isIntact(b, l4, end)) {
            return MALFORMED;
        }
        switch (Igmp.type(b, l4)) {
            case Igmp.QUERY -> {
                return query(b, l3, l4, end);
            }
            case Igmp.V1_REPORT, Igmp.V2_REPORT -> {
                joinWritten(b, l4 + Igmp.GROUP);
                return toRouters();
            }
            case Igmp.V3_REPORT -> {
                return report(b, l4, end);
            }
            case Igmp.ROUTER_ADVERTISEMENT -> heardRouter();
            default -> {} // after a leave the querier asks who is left: its query is heard
        }
        return EVERYBODY;
    }

    /**
     * Also of a sender 0.0.0.0: a switch that asks in a router's place (RFC 4541 2.1.1). To count
     * it as one, as Linux does, sends it more than it needs, and lets groups be known.
     */
    private int query(MemorySegment b, int l3, int l4, int end) {
        int group = Igmp.group(b, l4);
        int asked = group == 0 ? ALL_HOSTS : group;
        boolean isRight =
                Ipv4.dst(b, l3) == asked
                        && isSentTo(GROUP_MAC | asked & GROUP_MAC_BITS)
                        && Igmp.isQueryLength(end - l4);
        if (!isRight) {
            return MALFORMED;
        }
        long response = Igmp.maxResponseNs(b, l4, end);
        if (group == 0) {
            heardQuerier(response);
        } else if (!Igmp.isOfSources(b, l4, end)) {
            heardQuery(0, Ip.mapped(group), response);
        }
        return EVERYBODY;
    }

    private static boolean isPimHello(MemorySegment b, int l3, int l4, int end) {
        return Ipv4.protocol(b, l3) == Protocols.PIM && l4 < end && Bytes.u8(b, l4) == PIM_HELLO;
    }

    @Override
    void joinWritten(MemorySegment b, int at) {
        int group = Bytes.u32(b, at);
        if (isNoted(group)) {
            join(0, Ip.mapped(group));
        }
    }

    /** RFC 4541 2.1.2: 224.0.0.0/24 is for everybody; and so is what is no group. */
    private static boolean isNoted(int group) {
        return group >>> 28 == 0xe && group >>> 8 != 0xe0_0000;
    }
}
