package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.NeighborDiscovery;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;

/**
 * Takes what Neighbor Discovery brings: hands Router Solicitations on, and answers Neighbor
 * Solicitations for the gateway's address and its link-local one (RFC 4861 7.2). The guest's probes
 * for its own addresses are not answered, so duplicate address detection succeeds (RFC 4862 5.4); a
 * probe for the gateway's is.
 */
final class NeighborResponder {
    private static final long ALL_NODES_HIGH = 0xff02_0000_0000_0000L;
    private static final long ALL_NODES_LOW = 1;
    private final Addresses addresses;
    private final long gatewayMac;
    private final long linkLocalLow;
    private final RouterAdvertiser router;

    NeighborResponder(Addresses addresses, long gatewayMac, RouterAdvertiser router) {
        this.router = router;
        this.addresses = addresses;
        this.gatewayMac = gatewayMac;
        this.linkLocalLow = NeighborDiscovery.linkLocalLow(gatewayMac);
    }

    /** The frame is addressed to the gateway itself. */
    boolean isGateway(long high, long low) {
        return addresses.isGateway(high, low)
                || high == NeighborDiscovery.LINK_LOCAL_HIGH && low == linkLocalLow;
    }

    /** A message of types 133 to 137. */
    Verdict process(Frame frame) {
        MemorySegment b = frame.data;
        int length = frame.end - frame.l4;
        // RFC 4861 7.1.1: what a router has forwarded, or what is not intact, is not to be
        // believed.
        // RFC 6980 5: nor is one with a fragment header, though it be the only fragment.
        if (frame.fragmentHeader != 0
                || Ipv6.hopLimit(b, frame.l3) != NeighborDiscovery.HOP_LIMIT
                || Icmpv6.code(b, frame.l4) != 0
                || !Icmpv6.isIntact(b, frame.l3, frame.l4, length)) {
            return Verdict.DROP_MALFORMED;
        }
        if (Icmpv6.type(b, frame.l4) == Icmpv6.ROUTER_SOLICITATION) {
            return isValidRouterSolicitation(frame)
                    ? router.solicited(frame)
                    : Verdict.DROP_MALFORMED;
        }
        return switch (Icmpv6.type(b, frame.l4)) {
            case NeighborDiscovery.SOLICITATION ->
                    isValidSolicitation(frame) ? solicited(frame) : Verdict.DROP_MALFORMED;
            // for us: the guard has learned already
            case NeighborDiscovery.ADVERTISEMENT ->
                    isValidAdvertisement(frame) ? Verdict.DROP_UNANSWERED : Verdict.DROP_MALFORMED;
            default -> Verdict.DROP_UNANSWERED;
        };
    }

    private Verdict solicited(Frame frame) {
        MemorySegment b = frame.data;
        long said = linkLayerAddress(frame);
        long mac = Ethernet.src(b, frame.start);
        if (said != NeighborDiscovery.NO_ADDRESS && said != mac) {
            return Verdict.DROP_SPOOFED_MAC;
        }
        long high = NeighborDiscovery.targetHigh(b, frame.l4);
        long low = NeighborDiscovery.targetLow(b, frame.l4);
        return isGateway(high, low) ? advertise(frame, high, low, mac) : Verdict.DROP_UNANSWERED;
    }

    /** RFC 4861 6.1.1: who has no address yet must not have a link-layer address either. */
    private static boolean isValidRouterSolicitation(Frame frame) {
        return NeighborDiscovery.fitsRouterSolicitation(frame.data, frame.l4, frame.end)
                && (!isUnspecified(frame)
                        || linkLayerAddress(frame) == NeighborDiscovery.NO_ADDRESS);
    }

    /**
     * RFC 4861 7.1.1: the target is an address of one station; a probe goes to a solicited-node
     * group, and gives no link-layer address.
     */
    private static boolean isValidSolicitation(Frame frame) {
        return isAboutOneStation(frame)
                && (!isUnspecified(frame)
                        || NeighborDiscovery.isSolicitedNode(frame.dstHigh, frame.dstLow)
                                && linkLayerAddress(frame) == NeighborDiscovery.NO_ADDRESS);
    }

    /** RFC 4861 7.1.2: what goes to a group answers nobody. */
    private static boolean isValidAdvertisement(Frame frame) {
        return isAboutOneStation(frame)
                && (!Ip.isMulticast6(frame.dstHigh)
                        || !NeighborDiscovery.isSolicited(frame.data, frame.l4));
    }

    private static boolean isAboutOneStation(Frame frame) {
        return NeighborDiscovery.fits(frame.data, frame.l4, frame.end)
                && !Ip.isMulticast6(NeighborDiscovery.targetHigh(frame.data, frame.l4));
    }

    private static long linkLayerAddress(Frame frame) {
        return NeighborDiscovery.linkLayerAddress(frame.data, frame.l4, frame.end);
    }

    private static boolean isUnspecified(Frame frame) {
        return (frame.srcHigh | frame.srcLow) == 0;
    }

    private Verdict advertise(Frame frame, long high, long low, long mac) {
        MemorySegment b = frame.data;
        boolean probe = isUnspecified(frame); // RFC 4861 7.2.4: then to all nodes
        long toHigh = probe ? ALL_NODES_HIGH : frame.srcHigh;
        long toLow = probe ? ALL_NODES_LOW : frame.srcLow;
        int l4 = frame.l3 + Ipv6.HEADER;
        frame.compose(Ethernet.HEADER + Ipv6.HEADER + NeighborDiscovery.WITH_LINK_LAYER);
        Ethernet.addresses(
                b,
                frame.start,
                probe ? NeighborDiscovery.multicastMac(ALL_NODES_LOW) : mac,
                gatewayMac);
        Ipv6.emit(
                b,
                frame.l3,
                NeighborDiscovery.WITH_LINK_LAYER,
                Protocols.ICMPV6,
                NeighborDiscovery.HOP_LIMIT);
        Ipv6.src(b, frame.l3, high, low);
        Ipv6.dst(b, frame.l3, toHigh, toLow);
        NeighborDiscovery.emitAdvertisement(b, l4, !probe, high, low, gatewayMac);
        Icmpv6.checksumAnew(b, frame.l3, l4, NeighborDiscovery.WITH_LINK_LAYER);
        return Verdict.ANSWERED;
    }
}
