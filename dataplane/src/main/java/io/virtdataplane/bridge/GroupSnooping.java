package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import java.lang.foreign.MemorySegment;

/**
 * What messages about groups do, of either family: IGMP and MLD differ in how they are written
 * only. The fields are of the frame that is looked at.
 */
abstract sealed class GroupSnooping permits IgmpSnooping, MldSnooping {
    static final int EVERYBODY = Snooping.EVERYBODY;
    static final int MALFORMED = Snooping.MALFORMED;
    private static final long MEMBERSHIP_NS = 260_000_000_000L; // RFC 3376 8.4
    private static final long ROUTER_NS = 255_000_000_000L; // RFC 3376 8.5
    private static final int LAST_MEMBER_QUERIES = 2; // RFC 3376 8.8
    private static final long SHORTEST_RESPONSE_NS = 100_000_000L; // members must have some
    private static final int REPORT_HEADER = 8; // RFC 3376 4.2, RFC 3810 5.2
    private static final int RECORDS = 6;
    private static final int RECORD = 4; // in front of its addresses
    private static final int MODE_IS_INCLUDE = 1;
    private static final int CHANGE_TO_INCLUDE = 3;
    private final Groups groups;
    private final int maxGroups;
    private final int family;
    private final int addressSize;
    private final Queriers queriers = new Queriers();
    private Frame frame;
    private BridgePort ingress;
    private int vlan;
    private long nowNs;
    private int[] into;

    /** Messages whose addresses are of so many bytes. */
    GroupSnooping(Groups groups, int maxGroups, int family, int addressSize) {
        this.groups = groups;
        this.maxGroups = maxGroups;
        this.family = family;
        this.addressSize = addressSize;
    }

    final int look(Frame frame, BridgePort ingress, int vlan, long nowNs, int[] into) {
        this.frame = frame;
        this.ingress = ingress;
        this.vlan = vlan;
        this.nowNs = nowNs;
        this.into = into;
        int l3 = frame.start + Ethernet.HEADER;
        return read(frame.data, l3, frame.start + frame.length);
    }

    /** Of the packet at {@code l3}: as {@link Snooping#members}. */
    abstract int read(MemorySegment b, int l3, int limit);

    /** The group that is written there has a member behind the port, if it is one to be noted. */
    abstract void joinWritten(MemorySegment b, int at);

    final boolean isQuerierPresent() {
        return queriers.isPresent(vlan, nowNs);
    }

    /** The ports of a group, without those that get all. */
    final int membersOf(long high, long low) {
        return groups.members(vlan, high, low, nowNs, into);
    }

    /** Those too that get all groups. */
    final int withRouters(long high, long low, int members) {
        return groups.addRouters(vlan, high, low, family, nowNs, into, members);
    }

    /** A member must not hear another's report, or it would keep back its own (RFC 4541 2.1.1). */
    final int toRouters() {
        return isQuerierPresent() ? withRouters(0, 0, 0) : EVERYBODY;
    }

    /** Who joins more groups than can be noted gets all of them, so that it misses nothing. */
    final void join(long high, long low) {
        long untilNs = nowNs + MEMBERSHIP_NS;
        boolean isNoted =
                frame.isDryRun()
                        || groups.join(vlan, high, low, ingress.index, untilNs, maxGroups)
                        || groups.joinAll(vlan, family, ingress.index, untilNs);
        if (!isNoted) {
            queriers.forget(vlan); // no room even for that: the VLAN's groups are flooded
        }
    }

    /** A report of IGMPv3 or MLDv2. A record that ends a membership is as a leave: see there. */
    final int report(MemorySegment b, int message, int end) {
        int records = Bytes.u16(b, message + RECORDS);
        int at = message + REPORT_HEADER;
        for (int i = 0; i < records; i++) {
            int group = at + RECORD;
            if (group + addressSize > end) {
                return MALFORMED;
            }
            int type = Bytes.u8(b, at);
            int sources = Bytes.u16(b, at + 2);
            int auxiliary = Bytes.u8(b, at + 1) * Integer.BYTES;
            at = group + addressSize + sources * addressSize + auxiliary;
            if (at > end) {
                return MALFORMED;
            }
            boolean leaves = sources == 0 && (type == MODE_IS_INCLUDE || type == CHANGE_TO_INCLUDE);
            if (!leaves) {
                joinWritten(b, group);
            }
        }
        return EVERYBODY;
    }

    /**
     * A query is sent to those it asks, or they could not answer: one in a frame to others would
     * make members seem to have gone.
     */
    final boolean isSentTo(long mac) {
        return Ethernet.dst(frame.data, frame.start) == mac;
    }

    /** Of no VLAN a querier is known now, so groups are flooded until one is heard. */
    final void forgetQueriers() {
        queriers.forget();
    }

    /** A general query has come: its port leads to a router. */
    final void heardQuerier(long maxResponseNs) {
        if (mayBeRouter()) {
            queriers.heard(vlan, maxResponseNs, nowNs);
        }
        heardRouter();
    }

    final void heardRouter() {
        boolean isLost =
                mayBeRouter() && !groups.joinAll(vlan, family, ingress.index, nowNs + ROUTER_NS);
        if (isLost) {
            queriers.forget(vlan); // no room: the VLAN's groups are flooded
        }
    }

    /**
     * The querier asks who is in the group, as it does when one has left it: members that do not
     * answer are none soon.
     */
    final void heardQuery(long high, long low, long maxResponseNs) {
        if (mayBeRouter()) {
            long response = Math.max(maxResponseNs, SHORTEST_RESPONSE_NS);
            groups.shorten(vlan, high, low, nowNs + response * LAST_MEMBER_QUERIES);
        }
    }

    /** A guest under the strict guard is none: it may not change what others get. */
    private boolean mayBeRouter() {
        return !frame.isDryRun() && !ingress.guard.isStrict();
    }
}
