package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * DHCPv4 for one guest that has one address (RFC 2131). The address is fixed, so there is nothing
 * to allocate: an OFFER is always the same, a REQUEST for another address gets a NAK, a REQUEST to
 * another server is none of ours. The reply is written over the request, in its frame.
 */
final class DhcpServer {
    static final int SERVER_PORT = 67;
    static final int CLIENT_PORT = 68;
    private static final int BROADCAST = -1;
    private static final long REPORT_NS = 1_000_000_000L;
    private static final int MINIMUM_MESSAGE =
            300; // RFC 1542 2.1: BOOTP clients may expect no less

    private final Scope scope;
    private final EventRing events;
    private final int nic;
    private final MemorySegment options;
    private long leasedTo;
    private long leasedNs;

    DhcpServer(Scope scope, EventRing events, int nic) {
        this.scope = scope;
        this.events = events;
        this.nic = nic;
        this.options = MemorySegment.ofArray(DhcpOptions.block(scope));
    }

    /** MAC address that holds the lease, or 0. */
    long leasedTo() {
        return leasedTo;
    }

    long leasedNs() {
        return leasedNs;
    }

    /** A frame to UDP port 67 of the gateway or of all. */
    Verdict process(Frame frame, long nowNs) {
        MemorySegment b = frame.data;
        int at = frame.l4 + Udp.HEADER;
        int end = Math.min(frame.end, frame.l4 + Udp.length(b, frame.l4));
        if (!DhcpMessage.fits(b, at, end)) {
            return Verdict.DROP_MALFORMED;
        }
        return switch (DhcpMessage.option8(b, at, end, DhcpOptions.MESSAGE_TYPE)) {
            case DhcpMessage.DISCOVER ->
                    reply(frame, at, DhcpMessage.OFFER, 0, scope.guestAddress());
            case DhcpMessage.REQUEST -> request(frame, at, end, nowNs);
            case DhcpMessage.INFORM ->
                    reply(frame, at, DhcpMessage.ACK, DhcpMessage.ciaddr(b, at), 0);
            case DhcpMessage.RELEASE, DhcpMessage.DECLINE -> released(frame);
            default -> Verdict.DROP_MALFORMED;
        };
    }

    private Verdict request(Frame frame, int at, int end, long nowNs) {
        MemorySegment b = frame.data;
        int server = DhcpMessage.optionAddress(b, at, end, DhcpOptions.SERVER_IDENTIFIER);
        if (server != 0 && server != scope.gatewayAddress()) {
            return Verdict
                    .DROP_UNANSWERED; // RFC 2131 3.1 4: the client took another server's offer
        }
        int ciaddr = DhcpMessage.ciaddr(b, at);
        int requested = DhcpMessage.optionAddress(b, at, end, DhcpOptions.REQUESTED_ADDRESS);
        if ((ciaddr != 0 ? ciaddr : requested) != scope.guestAddress()) {
            return reply(frame, at, DhcpMessage.NAK, 0, 0);
        }
        if (!frame.isDryRun()) {
            lease(DhcpMessage.chaddr(b, at), nowNs);
        }
        return reply(frame, at, DhcpMessage.ACK, ciaddr, scope.guestAddress());
    }

    private void lease(long chaddr, long nowNs) {
        if (chaddr != leasedTo || nowNs - leasedNs >= REPORT_NS) {
            events.emit(EventKind.LEASE, nic, scope.guestAddress(), chaddr);
        }
        leasedTo = chaddr;
        leasedNs = nowNs;
    }

    private Verdict released(Frame frame) {
        if (!frame.isDryRun()) {
            leasedTo = 0;
        }
        return Verdict.DROP_UNANSWERED; // no answer is defined; the one address stays the guest's
    }

    private Verdict reply(Frame frame, int at, int type, int ciaddr, int yiaddr) {
        MemorySegment b = frame.data;
        long chaddr = DhcpMessage.chaddr(b, at);
        boolean broadcast =
                type == DhcpMessage.NAK
                        || (DhcpMessage.flags(b, at) & DhcpMessage.BROADCAST_FLAG) != 0;
        DhcpMessage.reply(b, at, type == DhcpMessage.NAK ? 0 : ciaddr, yiaddr);
        int i = putOptions(b, at + DhcpMessage.OPTIONS, type, yiaddr != 0);
        int length = Math.max(i - at, MINIMUM_MESSAGE);
        b.asSlice(i, at + length - i).fill((byte) DhcpOptions.PAD);

        // RFC 2131 4.1: to ciaddr where the client has it, by broadcast where it asks, else to the
        // address it is being given.
        int destination = broadcast ? BROADCAST : ciaddr != 0 ? ciaddr : yiaddr;
        int udpLength = Udp.HEADER + length;
        int l3 = frame.l3;
        int l4 = l3 + Ipv4.HEADER;
        if (frame.l4 != l4) { // the request had IP options, the reply has none
            MemorySegment.copy(b, at, b, l4 + Udp.HEADER, length);
        }
        Udp.emit4(b, l4, SERVER_PORT, CLIENT_PORT, udpLength, scope.gatewayAddress(), destination);
        Ipv4.emit(
                b, l3, Ipv4.HEADER + udpLength, Udp.PROTOCOL, scope.gatewayAddress(), destination);
        Ethernet.addresses(
                b, frame.start, broadcast ? Ethernet.BROADCAST : chaddr, scope.gatewayMac());
        frame.compose(l4 + udpLength - frame.start);
        return Verdict.ANSWERED;
    }

    private int putOptions(MemorySegment b, int at, int type, boolean leases) {
        int i = at;
        Bytes.put8(b, i, DhcpOptions.MESSAGE_TYPE);
        Bytes.put8(b, i + 1, 1);
        Bytes.put8(b, i + 2, type);
        Bytes.put8(b, i + 3, DhcpOptions.SERVER_IDENTIFIER);
        Bytes.put8(b, i + 4, 4);
        Bytes.put32(b, i + 5, scope.gatewayAddress());
        i += 9;
        if (leases) {
            Bytes.put8(b, i, DhcpOptions.LEASE_TIME);
            Bytes.put8(b, i + 1, 4);
            Bytes.put32(b, i + 2, (int) scope.leaseSeconds());
            i += 6;
        }
        if (type != DhcpMessage.NAK) {
            MemorySegment.copy(
                    options,
                    ValueLayout.JAVA_BYTE,
                    0,
                    b,
                    ValueLayout.JAVA_BYTE,
                    i,
                    options.byteSize());
            i += (int) options.byteSize();
        }
        Bytes.put8(b, i, DhcpOptions.END);
        return i + 1;
    }
}
