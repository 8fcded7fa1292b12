package io.virtdataplane.nat;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Ip;

/** Addresses that a router forwards neither from nor to: RFC 1122 3.2.1.3, RFC 6890, RFC 4291. */
final class Martians {
    private static final int LINK_LOCAL_4 = 0xa9fe_0000; // 169.254.0.0/16, RFC 3927

    private Martians() {}

    /** {@code linkLocalAllowed}: IPv4 addresses of that range that are reached all the same. */
    static boolean isDestination(Frame frame, int[] linkLocalAllowed) {
        return frame.isIpv4()
                ? isMartian4(Ip.ipv4(frame.dstLow), linkLocalAllowed)
                : isMartian6(frame.dstHigh);
    }

    static boolean isSource(Frame frame, int[] linkLocalAllowed) {
        return frame.isIpv4()
                ? isMartian4(Ip.ipv4(frame.srcLow), linkLocalAllowed)
                : isMartian6(frame.srcHigh);
    }

    private static boolean isMartian4(int address, int[] linkLocalAllowed) {
        int first = address >>> 24;
        if (first == 0 || first == 127 || first >= 224) {
            return true; // this network, loopback, multicast, reserved, broadcast
        }
        if ((address & 0xffff_0000) != LINK_LOCAL_4) {
            return false;
        }
        for (int allowed : linkLocalAllowed) {
            if (address == allowed) {
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
