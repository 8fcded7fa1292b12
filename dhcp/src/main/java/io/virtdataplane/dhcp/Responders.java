package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.RateLimit;
import io.virtdataplane.dataplane.Stage;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Dhcp;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;

/**
 * Answers the guest's queries to its gateway: ARP, ND, ping, DHCP and DHCPv6, so many a second; and
 * sends what a gateway sends of its own, advertisements and announcements. Everything else
 * continues.
 */
public final class Responders implements Stage {
    private static final int ANSWERS_A_SECOND = 1000;
    private static final int BROADCAST = -1;
    private static final long ALL_SERVERS_HIGH = 0xff02_0000_0000_0000L; // ff02::1:2, RFC 8415 7.1
    private static final long ALL_SERVERS_LOW = 0x1_0002L;
    private final Scope scope;
    private final ArpResponder arp;
    private final EchoResponder echo;
    private final NeighborResponder neighbors;
    private final RouterAdvertiser router;
    private final int nic;
    private final DhcpServer dhcp;
    private final OneLease lease;
    private final Dhcpv6Server dhcpv6;
    private final Announcer announcer;
    private final Ipv6Scope ipv6;
    private final DhcpAnswers answers = new DhcpAnswers();
    private final RateLimit rate = new RateLimit(ANSWERS_A_SECOND);

    /**
     * {@code hasIpv4}: the pod has it; {@code ipv6} is {@link Ipv6Scope#NONE} where it has none.
     */
    public Responders(Scope scope, boolean hasIpv4, Ipv6Scope ipv6, EventRing events, int nic) {
        this.scope = scope;
        this.arp = new ArpResponder(scope);
        this.echo = new EchoResponder(scope);
        this.router = new RouterAdvertiser(ipv6, scope.gatewayMac());
        this.neighbors = new NeighborResponder(ipv6.addresses(), scope.gatewayMac(), router);
        this.lease = new OneLease(scope.guestAddress());
        this.nic = nic;
        this.dhcp = new DhcpServer(scope, lease, events, answers);
        this.dhcpv6 = new Dhcpv6Server(ipv6, scope.gatewayMac(), events, nic, answers);
        this.announcer = new Announcer(scope, hasIpv4, ipv6);
        this.ipv6 = ipv6;
        announcer.start();
    }

    @Override
    public Verdict process(Frame frame, long nowNs) {
        if (frame.isIpv6()) {
            return processIpv6(frame, nowNs);
        }
        if (frame.etherType == Ethernet.ARP) {
            return rate.allows(frame, nowNs) ? arp.process(frame) : Verdict.DROP_RATE_LIMITED;
        }
        int destination = Ipv4.dst(frame.data, frame.l3);
        if (destination != scope.gatewayAddress() && destination != BROADCAST) {
            return Verdict.CONTINUE;
        }
        if (frame.protocol == Protocols.UDP) {
            return dhcp(frame, nowNs);
        }
        if (frame.protocol == Protocols.ICMP && destination == scope.gatewayAddress()) {
            return rate.allows(frame, nowNs) ? echo.process(frame) : Verdict.DROP_RATE_LIMITED;
        }
        return Verdict.CONTINUE;
    }

    private Verdict processIpv6(Frame frame, long nowNs) {
        if (frame.isLaterFragment()) {
            return Verdict.CONTINUE;
        }
        if (frame.protocol == Protocols.UDP) {
            return dhcpv6(frame, nowNs);
        }
        if (frame.protocol != Protocols.ICMPV6) {
            return Verdict.CONTINUE;
        }
        if (!Icmpv6.fits(frame.l4, frame.end)) {
            return Verdict.DROP_MALFORMED;
        }
        if (Icmpv6.isNeighborDiscovery(Icmpv6.type(frame.data, frame.l4))) {
            if (frame.isFragment()) {
                return Verdict.DROP_FRAGMENT; // RFC 6980
            }
            return rate.allows(frame, nowNs) ? neighbors.process(frame) : Verdict.DROP_RATE_LIMITED;
        }
        if (!neighbors.isGateway(frame.dstHigh, frame.dstLow)) {
            return Verdict.CONTINUE;
        }
        return rate.allows(frame, nowNs) ? echo.processIpv6(frame) : Verdict.DROP_RATE_LIMITED;
    }

    private Verdict dhcpv6(Frame frame, long nowNs) {
        boolean forServers =
                frame.dstHigh == ALL_SERVERS_HIGH && frame.dstLow == ALL_SERVERS_LOW
                        || neighbors.isGateway(frame.dstHigh, frame.dstLow);
        if (!forServers || frame.isFragment()) {
            return Verdict.CONTINUE;
        }
        if (!Udp.fits(frame.data, frame.l4, frame.end)) {
            return Verdict.DROP_MALFORMED;
        }
        if (Udp.dstPort(frame.data, frame.l4) != Dhcpv6Server.SERVER_PORT) {
            return Verdict.CONTINUE;
        }
        return rate.allows(frame, nowNs) ? dhcpv6.process(frame, nowNs) : Verdict.DROP_RATE_LIMITED;
    }

    private Verdict dhcp(Frame frame, long nowNs) {
        if (frame.isFragment()) {
            return Verdict.DROP_FRAGMENT;
        }
        if (!Udp.fits(frame.data, frame.l4, frame.end)) {
            return Verdict.DROP_MALFORMED;
        }
        if (Udp.dstPort(frame.data, frame.l4) != Dhcp.SERVER_PORT) {
            return Verdict.CONTINUE;
        }
        return rate.allows(frame, nowNs)
                ? dhcp.process(frame, nic, nowNs)
                : Verdict.DROP_RATE_LIMITED;
    }

    /** Announces the gateway to the guest, as after an attachment. Worker's thread. */
    public void announce() {
        announcer.start();
    }

    /** Where the server is that the guest boots from; 0: not known. Worker's thread. */
    public void nextServer(int address) {
        dhcp.nextServer(address);
    }

    @Override
    public long dueNs() {
        return Math.min(router.dueNs(), announcer.dueNs());
    }

    @Override
    public void originate(Frame frame, long nowNs) {
        if (announcer.dueNs() <= nowNs) {
            announcer.announce(frame, nowNs);
        } else {
            router.unsolicited(frame, nowNs);
        }
    }

    /** Of both DHCPs. Worker's thread. */
    public DhcpAnswers answers() {
        return answers;
    }

    /** MAC address that holds the lease of the IPv6 address, or 0. Worker's thread. */
    public long lease6Holder() {
        return dhcpv6.leasedTo();
    }

    /** Seconds since that lease was given. Worker's thread. */
    public long lease6Age(long nowNs) {
        return (nowNs - dhcpv6.leasedNs()) / 1_000_000_000L;
    }

    /** Of the IPv6 address's lease. */
    public long lease6Seconds() {
        return ipv6.leaseSeconds();
    }

    /** The lease as it stands. Worker's thread. */
    public Lease lease(long nowNs) {
        return new Lease(
                scope.guestAddress(),
                scope.link().prefixLength(),
                lease.holder(),
                scope.leaseSeconds(),
                lease.holder() == 0 ? 0 : (nowNs - lease.givenNs()) / 1_000_000_000L);
    }
}
