package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.NeighborDiscovery;
import io.virtdataplane.wire.Protocols;

/**
 * Asks the guest for its MAC address, by ARP (RFC 826) and by Neighbor Solicitation (RFC 4861): it
 * may have been silent since before we came.
 */
final class Solicitation {
    private static final int MINIMUM_FRAME = 60;
    private static final int ND_FRAME =
            Ethernet.HEADER + Ipv6.HEADER + NeighborDiscovery.WITH_LINK_LAYER;

    private Solicitation() {}

    static void composeArp(Frame frame, Nic nic) {
        frame.compose(MINIMUM_FRAME);
        frame.data.asSlice(frame.start, MINIMUM_FRAME).fill((byte) 0);
        Ethernet.addresses(frame.data, frame.start, Ethernet.BROADCAST, nic.gatewayMac);
        Ethernet.type(frame.data, frame.start, Ethernet.ARP);
        Arp.emit(
                frame.data,
                frame.start + Ethernet.HEADER,
                Arp.REQUEST,
                nic.gatewayMac,
                nic.ipv4.gateway4(),
                0,
                nic.ipv4.guest4());
    }

    static void composeNeighbor(Frame frame, Nic nic) {
        frame.compose(ND_FRAME);
        int l3 = frame.start + Ethernet.HEADER;
        int l4 = l3 + Ipv6.HEADER;
        long group = NeighborDiscovery.solicitedNodeLow(nic.ipv6.guestLow());
        Ethernet.addresses(
                frame.data, frame.start, NeighborDiscovery.multicastMac(group), nic.gatewayMac);
        Ethernet.type(frame.data, frame.start, Ethernet.IPV6);
        Ipv6.emit(
                frame.data,
                l3,
                NeighborDiscovery.WITH_LINK_LAYER,
                Protocols.ICMPV6,
                NeighborDiscovery.HOP_LIMIT);
        Ipv6.src(
                frame.data,
                l3,
                NeighborDiscovery.LINK_LOCAL_HIGH,
                NeighborDiscovery.linkLocalLow(nic.gatewayMac));
        Ipv6.dst(frame.data, l3, NeighborDiscovery.SOLICITED_NODE_HIGH, group);
        NeighborDiscovery.emitSolicitation(
                frame.data, l4, nic.ipv6.guestHigh(), nic.ipv6.guestLow(), nic.gatewayMac);
        Icmpv6.checksumAnew(frame.data, l3, l4, NeighborDiscovery.WITH_LINK_LAYER);
    }
}
