package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.NeighborDiscovery;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;

/**
 * Tells the guest unasked where its gateway is, after an attachment and on request: a guest that
 * has moved here may hold another MAC address (gratuitous ARP, RFC 5227 3; unsolicited Neighbor
 * Advertisement, RFC 4861 7.2.6). Three times, a second apart.
 */
final class Announcer {
    private static final int TIMES = 3;
    private static final long INTERVAL_NS = 1_000_000_000L;
    private static final int MINIMUM_FRAME = 60;
    private static final long ALL_NODES_HIGH = 0xff02_0000_0000_0000L;
    private static final long ALL_NODES_LOW = 1;
    private final Scope scope;
    private final Ipv6Scope ipv6;
    private final boolean hasIpv4;
    private int left;
    private boolean ipv6Next;
    private long dueNs = Long.MAX_VALUE;

    Announcer(Scope scope, boolean hasIpv4, Ipv6Scope ipv6) {
        this.scope = scope;
        this.hasIpv4 = hasIpv4;
        this.ipv6 = ipv6;
    }

    /** From now on. */
    void start() {
        left = TIMES;
        ipv6Next = !hasIpv4;
        dueNs = hasIpv4 || ipv6.isOn() ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    long dueNs() {
        return dueNs;
    }

    /** Only when it is due. */
    void announce(Frame frame, long nowNs) {
        boolean last = ipv6Next || !ipv6.isOn();
        if (ipv6Next) {
            composeAdvertisement(frame);
        } else {
            composeArp(frame);
        }
        if (!last) {
            ipv6Next = true;
            return; // still due: the other family's
        }
        ipv6Next = !hasIpv4;
        left--;
        dueNs = left == 0 ? Long.MAX_VALUE : nowNs + INTERVAL_NS;
    }

    private void composeArp(Frame frame) {
        frame.compose(MINIMUM_FRAME);
        frame.data.asSlice(frame.start, MINIMUM_FRAME).fill((byte) 0);
        Ethernet.addresses(frame.data, frame.start, Ethernet.BROADCAST, scope.gatewayMac());
        Ethernet.type(frame.data, frame.start, Ethernet.ARP);
        Arp.emit(
                frame.data,
                frame.start + Ethernet.HEADER,
                Arp.REQUEST,
                scope.gatewayMac(),
                scope.gatewayAddress(),
                0,
                scope.gatewayAddress());
    }

    private void composeAdvertisement(Frame frame) {
        int length = NeighborDiscovery.WITH_LINK_LAYER;
        frame.compose(Ethernet.HEADER + Ipv6.HEADER + length);
        MemorySegment b = frame.data;
        int l3 = frame.start + Ethernet.HEADER;
        int l4 = l3 + Ipv6.HEADER;
        long high = ipv6.addresses().gatewayHigh();
        long low = ipv6.addresses().gatewayLow();
        Ethernet.addresses(
                b, frame.start, NeighborDiscovery.multicastMac(ALL_NODES_LOW), scope.gatewayMac());
        Ethernet.type(b, frame.start, Ethernet.IPV6);
        Ipv6.emit(b, l3, length, Protocols.ICMPV6, NeighborDiscovery.HOP_LIMIT);
        Ipv6.src(b, l3, high, low);
        Ipv6.dst(b, l3, ALL_NODES_HIGH, ALL_NODES_LOW);
        NeighborDiscovery.emitAdvertisement(b, l4, false, high, low, scope.gatewayMac());
        Icmpv6.checksumAnew(b, l3, l4, length);
    }
}
