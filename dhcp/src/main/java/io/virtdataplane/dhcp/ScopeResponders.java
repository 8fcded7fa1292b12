package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Stage;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Arp;
import io.virtdataplane.wire.Dhcp;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;

/**
 * A DHCP server of a network with many stations: gives addresses of a range, and answers ARP and
 * ping for its own. All other traffic continues.
 */
public final class ScopeResponders implements Stage {
    private static final int ANSWERS_A_SECOND = 1000;
    private static final int BROADCAST = -1;
    private final Scope scope;
    private final LeaseTable leases;
    private final DhcpServer dhcp;
    private final ArpResponder arp;
    private final EchoResponder echo;
    private final DhcpAnswers answers = new DhcpAnswers();
    private final RateLimits dhcpRates = new RateLimits(ANSWERS_A_SECOND); // pings do not use it up
    private final RateLimits rates = new RateLimits(ANSWERS_A_SECOND);

    /**
     * @param scope its gateway is the server; it has no guest's address
     */
    public ScopeResponders(Scope scope, int first, int last, EventRing events) {
        this.scope = scope;
        this.leases = new LeaseTable(first, last, scope.leaseSeconds());
        this.dhcp = new DhcpServer(scope, leases, events, answers);
        this.arp = new ArpResponder(scope);
        this.echo = new EchoResponder(scope);
    }

    /** Its headers have been parsed. */
    @Override
    public Verdict process(Frame frame, long nowNs) {
        if (frame.etherType == Ethernet.ARP) {
            boolean forUs =
                    Arp.fits(frame.data, frame.l3, frame.end)
                            && Arp.tpa(frame.data, frame.l3) == scope.gatewayAddress()
                            && Arp.op(frame.data, frame.l3) == Arp.REQUEST;
            return forUs ? limited(frame, nowNs, arp.process(frame)) : Verdict.CONTINUE;
        }
        if (!frame.isIpv4() || frame.isFragment()) {
            return Verdict.CONTINUE;
        }
        int destination = Ipv4.dst(frame.data, frame.l3);
        if (destination != scope.gatewayAddress() && destination != BROADCAST) {
            return Verdict.CONTINUE;
        }
        if (frame.protocol == Protocols.ICMP && destination == scope.gatewayAddress()) {
            return limited(frame, nowNs, echo.process(frame));
        }
        boolean asks =
                frame.protocol == Protocols.UDP
                        && Udp.fits(frame.data, frame.l4, frame.end)
                        && Udp.dstPort(frame.data, frame.l4) == Dhcp.SERVER_PORT;
        if (!asks) {
            return Verdict.CONTINUE;
        }
        if (!DhcpServer.isFromItsClient(frame)) {
            return Verdict.DROP_SPOOFED_DHCP;
        }
        int port = frame.vif.id();
        return dhcpRates.allows(port, frame, nowNs)
                ? dhcp.process(frame, port, nowNs)
                : Verdict.DROP_RATE_LIMITED;
    }

    private Verdict limited(Frame frame, long nowNs, Verdict verdict) {
        return verdict != Verdict.ANSWERED || rates.allows(frame.vif.id(), frame, nowNs)
                ? verdict
                : Verdict.DROP_RATE_LIMITED;
    }

    /** Worker's thread. */
    public DhcpAnswers answers() {
        return answers;
    }

    /** Leases in force. Worker's thread. */
    public int leases(long nowNs) {
        return leases.count(nowNs);
    }

    /** The station's lease; its address is 0 where it has none. */
    public Lease lease(long mac, long nowNs) {
        int address = leases.addressOf(mac, nowNs);
        long age = scope.leaseSeconds() - leases.secondsLeft(mac, nowNs);
        return new Lease(
                address,
                scope.link().prefixLength(),
                address == 0 ? 0 : mac,
                scope.leaseSeconds(),
                address == 0 ? 0 : age);
    }
}
