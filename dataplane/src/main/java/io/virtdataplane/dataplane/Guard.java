package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Dhcp;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;

/**
 * Who the guest is, before anything is learned from a frame: its source MAC, its source address,
 * and the families that its pod has.
 */
final class Guard {
    private static final long SEEN_AGAIN_NS = 1_000_000_000L;
    private static final int UNSPECIFIED = 0; // a DHCP client that has no address yet
    private static final long ALL_STATIONS = Ip.mapped(-1);
    private final EventRing events;

    Guard(EventRing events) {
        this.events = events;
    }

    /** CONTINUE, and then the guest's MAC address is known. */
    Verdict check(Frame frame, Nic nic, long nowNs) {
        long mac = Ethernet.src(frame.data, frame.start);
        if (Ethernet.isGroup(mac)
                || mac == nic.gatewayMac
                || nic.pinnedMac != Nic.UNKNOWN_MAC && mac != nic.pinnedMac) {
            return Verdict.DROP_SPOOFED_MAC;
        }
        Verdict verdict = frame.isIpv6() ? checkIpv6(frame, nic) : checkIpv4(frame, nic);
        if (verdict != Verdict.CONTINUE) {
            return verdict;
        }
        frame.note(Step.GUARD_PASSED, 0, 0);
        if (mac != nic.guestMac && !frame.isDryRun()) {
            learn(nic, mac, nowNs);
        }
        return Verdict.CONTINUE;
    }

    private static Verdict checkIpv4(Frame frame, Nic nic) {
        if (!nic.ipv4.isOn()) {
            return Verdict.DROP_ETHERTYPE;
        }
        boolean own =
                !frame.isIpv4()
                        || frame.srcLow == nic.ipv4.guestLow()
                        || Ipv4.src(frame.data, frame.l3) == UNSPECIFIED
                        || asksServer(frame, nic);
        return own ? Verdict.CONTINUE : Verdict.DROP_SPOOFED_ADDRESS;
    }

    /** The gateway says no to it; nothing of it goes further. */
    private static boolean asksServer(Frame frame, Nic nic) {
        boolean toServer = frame.dstLow == nic.ipv4.gatewayLow() || frame.dstLow == ALL_STATIONS;
        return toServer && Dhcp.asksToKeepItsAddress(frame.data, frame.l3, frame.end);
    }

    private static Verdict checkIpv6(Frame frame, Nic nic) {
        if (!nic.ipv6.isOn()) {
            return Verdict.DROP_ETHERTYPE;
        }
        boolean own =
                nic.ipv6.isGuest(frame.srcHigh, frame.srcLow)
                        || Ip.isLinkLocal6(frame.srcHigh)
                        || (frame.srcHigh | frame.srcLow) == UNSPECIFIED;
        return own ? Verdict.CONTINUE : Verdict.DROP_SPOOFED_ADDRESS;
    }

    private void learn(Nic nic, long mac, long nowNs) {
        nic.learn(mac);
        if (nowNs - nic.seenNs >= SEEN_AGAIN_NS) {
            nic.seenNs = nowNs;
            events.emit(EventKind.ADDRESS_SEEN, nic.id(), mac, 0);
        }
    }
}
