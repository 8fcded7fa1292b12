package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Ip;

/**
 * Addresses that a router forwards neither from nor to: RFC 1122 3.2.1.3, RFC 6890, RFC 4291.
 *
 * <p>RFC 3927 7 would have IPv4 link-local addresses among them. But a cloud's metadata service and
 * a node's DNS cache live at such addresses, and Services and meshes come from them: they are a
 * cluster's own, and the pod's kernel routes them. So policy decides.
 */
final class Martians {
    private static final int LINK_LOCAL_4 = 0xa9fe_0000; // 169.254.0.0/16, RFC 3927
    private final int[] nameServers;

    /** {@code nameServers}: link-local ones, which are reached whatever the policy. */
    Martians(int[] nameServers) {
        this.nameServers = nameServers;
    }

    boolean isDestination(Frame frame, NatPolicy.LinkLocal policy) {
        return frame.isIpv4()
                ? isMartian4(Ip.ipv4(frame.dstLow), policy)
                : isMartian6(frame.dstHigh);
    }

    boolean isSource(Frame frame, NatPolicy.LinkLocal policy) {
        return frame.isIpv4()
                ? isMartian4(Ip.ipv4(frame.srcLow), policy)
                : isMartian6(frame.srcHigh);
    }

    private boolean isMartian4(int address, NatPolicy.LinkLocal policy) {
        int first = address >>> 24;
        if (first == 0 || first == 127 || first >= 224) {
            return true; // this network, loopback, multicast, reserved, broadcast
        }
        if ((address & 0xffff_0000) != LINK_LOCAL_4 || policy == NatPolicy.LinkLocal.PASS) {
            return false;
        }
        for (int nameServer : nameServers) {
            if (address == nameServer) {
                return false;
            }
        }
        return true;
    }

    /** ::/64 holds the unspecified, loopback, IPv4-mapped and -compatible addresses. */
    private static boolean isMartian6(long high) {
        return high == 0 || Ip.isLinkLocal6(high) || Ip.isMulticast6(high);
    }
}
