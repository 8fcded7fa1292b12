package io.virtdataplane.dataplane;

import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Dhcp;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ip;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.NeighborDiscovery;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The addresses that a guest was seen to use: what it says of itself in ARP, Neighbor Discovery and
 * DHCP. Data frames are told apart by two bytes and teach nothing, so they cost nothing. Of fixed
 * size: the address that was not seen for the longest time gives way. Worker's thread.
 */
public final class SeenAddresses {
    /** So many addresses of a NIC at most. */
    public static final int MOST = 16;

    private static final int LOOPBACK4 = 127;
    private static final int MULTICAST4 = 224; // and what is above it
    private static final long LOOPBACK6 = 1;
    private final long[] highs = new long[MOST];
    private final long[] lows = new long[MOST];
    private final long[] macs = new long[MOST];
    private final long[] seenNs = new long[MOST];
    private int count;

    /**
     * An address as {@link Ip} holds it.
     *
     * @param mac the station that used it last
     * @param agoNs when that was
     */
    public record Seen(long high, long low, long mac, long agoNs) {}

    /** Notes what the guest says of itself in a frame that its guard let pass. */
    public void look(Frame frame, long nowNs) {
        MemorySegment b = frame.data;
        int l3 = frame.start + Ethernet.HEADER;
        int end = frame.start + frame.length;
        switch (Ethernet.type(b, frame.start)) {
            case Ethernet.IPV4 -> lookAtIpv4(frame, l3, end, nowNs);
            case Ethernet.IPV6 -> lookAtIpv6(frame, l3, end, nowNs);
            case Ethernet.ARP -> lookAtArp(frame, l3, end, nowNs);
            default -> {}
        }
    }

    /** A probe (RFC 5227 2.1.1) has no sender address: it asks for one that may be another's. */
    private void lookAtArp(Frame frame, int l3, int end, long nowNs) {
        MemorySegment b = frame.data;
        if (Arp.fits(b, l3, end) && Arp.sha(b, l3) == Ethernet.src(b, frame.start)) {
            noteIpv4(Arp.spa(b, l3), frame, nowNs);
        }
    }

    /** A DHCP client has an address where it renews, rebinds or informs (RFC 2131 table 4). */
    private void lookAtIpv4(Frame frame, int l3, int end, long nowNs) {
        MemorySegment b = frame.data;
        boolean udp = l3 + Ipv4.HEADER + Udp.HEADER <= end && Ipv4.protocol(b, l3) == Protocols.UDP;
        if (udp
                && Ipv4.headerLength(b, l3) == Ipv4.HEADER
                && Udp.dstPort(b, l3 + Ipv4.HEADER) == Dhcp.SERVER_PORT) {
            noteIpv4(Ipv4.src(b, l3), frame, nowNs);
        }
    }

    /**
     * RFC 4861 4.1, 4.3, 4.4: the sender of a solicitation, and the target of an advertisement. The
     * target of a solicitation without a sender is the guest's own to be (RFC 4862 5.4.2).
     */
    private void lookAtIpv6(Frame frame, int l3, int end, long nowNs) {
        MemorySegment b = frame.data;
        int l4 = l3 + Ipv6.HEADER;
        if (l4 + NeighborDiscovery.LENGTH > end
                || Ipv6.nextHeader(b, l3) != Protocols.ICMPV6
                || Ipv6.hopLimit(b, l3) != NeighborDiscovery.HOP_LIMIT) {
            return;
        }
        long high = Ipv6.srcHigh(b, l3);
        long low = Ipv6.srcLow(b, l3);
        switch (Icmpv6.type(b, l4)) {
            case NeighborDiscovery.SOLICITATION -> {
                boolean ofItself = (high | low) == 0;
                noteIpv6(
                        ofItself ? NeighborDiscovery.targetHigh(b, l4) : high,
                        ofItself ? NeighborDiscovery.targetLow(b, l4) : low,
                        frame,
                        nowNs);
            }
            case NeighborDiscovery.ADVERTISEMENT ->
                    noteIpv6(
                            NeighborDiscovery.targetHigh(b, l4),
                            NeighborDiscovery.targetLow(b, l4),
                            frame,
                            nowNs);
            default -> {}
        }
    }

    private void noteIpv4(int address, Frame frame, long nowNs) {
        int first = address >>> 24;
        if (first != 0 && first != LOOPBACK4 && first < MULTICAST4) {
            note(0, Ip.mapped(address), frame, nowNs);
        }
    }

    private void noteIpv6(long high, long low, Frame frame, long nowNs) {
        boolean isNone = high == 0 && (low == 0 || low == LOOPBACK6 || Ip.isMapped(high, low));
        if (!isNone && !Ip.isMulticast6(high)) {
            note(high, low, frame, nowNs);
        }
    }

    private void note(long high, long low, Frame frame, long nowNs) {
        if (frame.isDryRun()) {
            return;
        }
        int slot = slot(high, low);
        highs[slot] = high;
        lows[slot] = low;
        macs[slot] = Ethernet.src(frame.data, frame.start);
        seenNs[slot] = nowNs;
    }

    /** The address's own, else a new one, else the one of the address seen longest ago. */
    private int slot(long high, long low) {
        int oldest = 0;
        for (int i = 0; i < count; i++) {
            if (lows[i] == low && highs[i] == high) {
                return i;
            }
            oldest = seenNs[i] - seenNs[oldest] < 0 ? i : oldest;
        }
        return count < MOST ? count++ : oldest;
    }

    /** All of them, first seen first. */
    public List<Seen> copy(long nowNs) {
        List<Seen> seen = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            seen.add(new Seen(highs[i], lows[i], macs[i], nowNs - seenNs[i]));
        }
        return seen;
    }
}
