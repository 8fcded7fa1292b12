package io.virtdataplane.bridge;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Dhcp;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Ipv6Chain;
import io.virtdataplane.wire.NeighborDiscovery;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;

/**
 * Who the station behind a port is, asked before anything is learned from its frame: a few compares
 * a frame, whatever the number of ports. Of DHCP it sees what servers elsewhere give the station.
 */
final class StationGuard {
    private static final int UNSPECIFIED = 0; // a station that has no address yet
    private static final int BROADCAST = -1;
    private final long mac; // its own copy of the policy: one object less in a frame's way
    private final boolean sourceMac;
    private final boolean strict;
    private int leased;

    StationGuard(GuardPolicy policy) {
        mac = policy.mac();
        sourceMac = policy.level() != GuardPolicy.Level.OFF;
        strict = policy.level() == GuardPolicy.Level.STRICT;
    }

    /** No guest's port: other stations, and servers, are behind it. */
    boolean isOfManyStations() {
        return mac == 0;
    }

    /** The address that the guest behind the port was given. */
    boolean isOwn(long station) {
        return mac == station;
    }

    boolean isStrict() {
        return strict;
    }

    int leasedAddress() {
        return leased;
    }

    /** CONTINUE, or what the station pretends to be. */
    Verdict check(Frame frame) {
        if (!sourceMac) {
            return Verdict.CONTINUE;
        }
        if (Ethernet.src(frame.data, frame.start) != mac) {
            return Verdict.DROP_SPOOFED_MAC;
        }
        return strict ? checkInside(frame) : Verdict.CONTINUE;
    }

    private Verdict checkInside(Frame frame) {
        MemorySegment b = frame.data;
        int l3 = frame.start + Ethernet.HEADER;
        int end = frame.start + frame.length;
        return switch (Ethernet.type(b, frame.start)) {
            case Ethernet.ARP -> checkArp(b, l3, end);
            case Ethernet.IPV4 -> checkIpv4(b, l3, end);
            case Ethernet.IPV6 -> checkIpv6(b, l3, end);
            // A tag within the tag would carry what is checked here past the check.
            case Ethernet.DOT1Q, Ethernet.DOT1AD -> Verdict.DROP_VLAN_TAG;
            default -> Verdict.CONTINUE;
        };
    }

    private Verdict checkArp(MemorySegment b, int l3, int end) {
        if (!Arp.fits(b, l3, end)) {
            return Verdict.DROP_MALFORMED;
        }
        boolean own = Arp.sha(b, l3) == mac && isOwn(Arp.spa(b, l3));
        return own ? Verdict.CONTINUE : Verdict.DROP_SPOOFED_ARP;
    }

    private Verdict checkIpv4(MemorySegment b, int l3, int end) {
        if (!Ipv4.fits(b, l3, end)) {
            return Verdict.DROP_MALFORMED;
        }
        if (!isOwn(Ipv4.src(b, l3))) {
            boolean toAllServers = Ipv4.dst(b, l3) == BROADCAST && asksToKeep(b, l3, end);
            return toAllServers ? Verdict.CONTINUE : Verdict.DROP_SPOOFED_ADDRESS;
        }
        int l4 = l3 + Ipv4.headerLength(b, l3);
        boolean first = !Ipv4.isFragment(b, l3) || Ipv4.fragmentOffset(b, l3) == 0;
        if (Ipv4.protocol(b, l3) != Protocols.UDP || !first) {
            return Verdict.CONTINUE; // later fragments are nothing without the first
        }
        if (l4 + Udp.HEADER > end) {
            return Verdict.DROP_FRAGMENT;
        }
        if (Udp.srcPort(b, l4) == Dhcp.SERVER_PORT) {
            return Verdict.DROP_SPOOFED_DHCP; // a guest is no server
        }
        int message = l4 + Udp.HEADER;
        boolean toServer = Udp.dstPort(b, l4) == Dhcp.SERVER_PORT && message + Dhcp.OPTIONS <= end;
        return toServer && Dhcp.chaddr(b, message) != mac
                ? Verdict.DROP_SPOOFED_DHCP
                : Verdict.CONTINUE;
    }

    /**
     * Whether a frame with a wrong source is the station's question whether it may keep that: our
     * own server may hear it, to say no, and nobody else.
     */
    boolean asksOwnServer(Frame frame) {
        MemorySegment b = frame.data;
        int l3 = frame.start + Ethernet.HEADER;
        int end = frame.start + frame.length;
        return Ethernet.type(b, frame.start) == Ethernet.IPV4
                && Ipv4.fits(b, l3, end)
                && asksToKeep(b, l3, end);
    }

    /** Of a frame that passed: its source is not the station's, but what it asks a server for. */
    boolean onlyAsksForItsSource(Frame frame) {
        MemorySegment b = frame.data;
        int l3 = frame.start + Ethernet.HEADER;
        return strict
                && Ethernet.type(b, frame.start) == Ethernet.IPV4
                && !isOwn(Ipv4.src(b, l3)); // fits: else it had not passed
    }

    private boolean asksToKeep(MemorySegment b, int l3, int end) {
        return Dhcp.asksToKeepItsAddress(b, l3, end)
                && Dhcp.chaddr(b, l3 + Ipv4.headerLength(b, l3) + Udp.HEADER) == mac;
    }

    private boolean isOwn(int address) {
        return leased == 0 || address == leased || address == UNSPECIFIED;
    }

    /** RFC 4861 4.1 to 4.4: the link-layer address that a message tells others to use. */
    private Verdict checkIpv6(MemorySegment b, int l3, int end) {
        if (!Ipv6.fits(b, l3, end)) {
            return Verdict.DROP_MALFORMED;
        }
        int limit = l3 + Ipv6.HEADER + Ipv6.payloadLength(b, l3);
        long chain = Ipv6Chain.walk(b, l3, limit);
        if (Ipv6Chain.isMalformed(chain) || Ipv6Chain.isRefused(chain)) {
            return Verdict.DROP_EXTENSION_HEADER; // what cannot be read cannot be trusted
        }
        int l4 = Ipv6Chain.l4(chain);
        if (Ipv6Chain.protocol(chain) != Protocols.ICMPV6) {
            return Verdict.CONTINUE;
        }
        if (!Icmpv6.fits(l4, limit)) {
            return Ipv6Chain.fragment(chain) != 0 ? Verdict.DROP_FRAGMENT : Verdict.CONTINUE;
        }
        int type = Icmpv6.type(b, l4);
        if (!Icmpv6.isNeighborDiscovery(type)) {
            return Verdict.CONTINUE;
        }
        if (Ipv6Chain.fragment(chain) != 0) {
            return Verdict.DROP_FRAGMENT; // RFC 6980
        }
        boolean router =
                type == NeighborDiscovery.ROUTER_ADVERTISEMENT
                        || type == NeighborDiscovery.REDIRECT;
        return !router && NeighborDiscovery.linkLayerIs(b, l4, limit, mac)
                ? Verdict.CONTINUE
                : Verdict.DROP_SPOOFED_ND;
    }

    /**
     * A frame is about to leave by the port: the address in a server's ACK is the station's.
     *
     * @return it has another one from now on
     */
    boolean sees(Frame frame) {
        MemorySegment b = frame.data;
        int l3 = frame.start + Ethernet.HEADER;
        int end = frame.start + frame.length;
        if (!strict
                || Ethernet.type(b, frame.start) != Ethernet.IPV4
                || !Ipv4.fits(b, l3, end)
                || Ipv4.protocol(b, l3) != Protocols.UDP
                || Ipv4.isFragment(b, l3)) {
            return false;
        }
        int l4 = l3 + Ipv4.headerLength(b, l3);
        int message = l4 + Udp.HEADER;
        boolean reply =
                Udp.fits(b, l4, end)
                        && Udp.srcPort(b, l4) == Dhcp.SERVER_PORT
                        && Udp.dstPort(b, l4) == Dhcp.CLIENT_PORT
                        && Dhcp.fits(b, message, end)
                        && Dhcp.chaddr(b, message) == mac;
        if (!reply || Dhcp.messageType(b, message, end) != Dhcp.ACK) {
            return false;
        }
        int before = leased;
        int yiaddr = Dhcp.yiaddr(b, message);
        leased = yiaddr == 0 ? leased : yiaddr;
        return leased != before;
    }
}
