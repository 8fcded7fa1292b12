package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Ethernet;

/**
 * IGMP and MLD snooping (RFC 4541), as the Linux bridge does it by default (IGMPv2 and MLDv1:
 * groups, whoever sends to them; net/bridge/br_multicast.c): learns from the frames of a bridge
 * which ports have joined a group, and says which are to get a frame. Worker's thread.
 */
final class Snooping {
    /** All ports of the VLAN get the frame. */
    static final int EVERYBODY = -1;

    /** A message about groups that contradicts itself. */
    static final int MALFORMED = -2;

    private final Groups groups = new Groups();
    private final IgmpSnooping igmp;
    private final MldSnooping mld;

    /** {@code maxGroups}: noted at most, of all VLANs together. */
    Snooping(int maxGroups) {
        igmp = new IgmpSnooping(groups, maxGroups);
        mld = new MldSnooping(groups, maxGroups);
    }

    /**
     * Learns from a frame to a group; puts the numbers of the ports that are to get it there, and
     * says how many, or {@link #EVERYBODY}, or {@link #MALFORMED}.
     */
    int members(Frame frame, BridgePort ingress, int vlan, long nowNs, int[] into) {
        GroupSnooping family;
        switch (Ethernet.type(frame.data, frame.start)) {
            case Ethernet.IPV4 -> family = igmp;
            case Ethernet.IPV6 -> family = mld;
            default -> {
                return EVERYBODY;
            }
        }
        return family.look(frame, ingress, vlan, nowNs, into);
    }

    /** The port is gone. Where it led to a router, groups are flooded until that is heard again. */
    void forget(BridgePort port) {
        if (groups.forget(port.index)) {
            igmp.forgetQueriers();
            mld.forgetQueriers();
        }
    }

    boolean age(long nowNs) {
        return groups.age(nowNs);
    }

    Groups groups() {
        return groups;
    }
}
