package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.Addresses;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.RateLimit;
import io.virtdataplane.dataplane.Stage;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Udp;

/**
 * Answers the guest's queries to its gateway: ARP, ND, ping and DHCP, so many a second. Everything
 * else continues.
 */
public final class Responders implements Stage {
    private static final int ANSWERS_A_SECOND = 1000;
    private static final int BROADCAST = -1;
    private final Scope scope;
    private final ArpResponder arp;
    private final EchoResponder echo;
    private final NeighborResponder neighbors;
    private final DhcpServer dhcp;
    private final RateLimit rate = new RateLimit(ANSWERS_A_SECOND);

    /** {@code ipv6} is {@link Addresses#NONE} where the pod has no IPv6. */
    public Responders(Scope scope, Addresses ipv6, EventRing events, int nic) {
        this.scope = scope;
        this.arp = new ArpResponder(scope);
        this.echo = new EchoResponder(scope);
        this.neighbors = new NeighborResponder(ipv6, scope.gatewayMac());
        this.dhcp = new DhcpServer(scope, events, nic);
    }

    @Override
    public Verdict process(Frame frame, long nowNs) {
        if (frame.isIpv6()) {
            return processIpv6(frame, nowNs);
        }
        if (frame.etherType == Ethernet.ARP) {
            return rate.allows(nowNs) ? arp.process(frame) : Verdict.DROP_RATE_LIMITED;
        }
        int destination = Ipv4.dst(frame.data, frame.l3);
        if (destination != scope.gatewayAddress() && destination != BROADCAST) {
            return Verdict.CONTINUE;
        }
        if (frame.protocol == Udp.PROTOCOL) {
            return dhcp(frame, nowNs);
        }
        if (frame.protocol == Icmp.PROTOCOL && destination == scope.gatewayAddress()) {
            return rate.allows(nowNs) ? echo.process(frame) : Verdict.DROP_RATE_LIMITED;
        }
        return Verdict.CONTINUE;
    }

    private Verdict processIpv6(Frame frame, long nowNs) {
        if (frame.protocol != Icmpv6.PROTOCOL || frame.isLaterFragment()) {
            return Verdict.CONTINUE;
        }
        if (!Icmpv6.fits(frame.l4, frame.end)) {
            return Verdict.DROP_MALFORMED;
        }
        if (Icmpv6.isNeighborDiscovery(Icmpv6.type(frame.data, frame.l4))) {
            if (frame.isFragment()) {
                return Verdict.DROP_FRAGMENT; // RFC 6980
            }
            return rate.allows(nowNs) ? neighbors.process(frame) : Verdict.DROP_RATE_LIMITED;
        }
        if (!neighbors.isGateway(frame.dstHigh, frame.dstLow)) {
            return Verdict.CONTINUE;
        }
        return rate.allows(nowNs) ? echo.processIpv6(frame) : Verdict.DROP_RATE_LIMITED;
    }

    private Verdict dhcp(Frame frame, long nowNs) {
        if (frame.isFragment()) {
            return Verdict.DROP_FRAGMENT;
        }
        if (!Udp.fits(frame.data, frame.l4, frame.end)) {
            return Verdict.DROP_MALFORMED;
        }
        if (Udp.dstPort(frame.data, frame.l4) != DhcpServer.SERVER_PORT) {
            return Verdict.CONTINUE;
        }
        return rate.allows(nowNs) ? dhcp.process(frame, nowNs) : Verdict.DROP_RATE_LIMITED;
    }

    /** The lease as it stands. Worker's thread. */
    public Lease lease(long nowNs) {
        return new Lease(
                scope.guestAddress(),
                dhcp.leasedTo(),
                scope.leaseSeconds(),
                dhcp.leasedTo() == 0 ? 0 : (nowNs - dhcp.leasedNs()) / 1_000_000_000L);
    }
}
