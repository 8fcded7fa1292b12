package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Dhcp;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;

/**
 * DHCPv4 (RFC 2131), of one guest or of a range of addresses: see {@link Leases}. A REQUEST for an
 * address that is not the client's gets a NAK, a REQUEST to another server is none of ours. The
 * reply is written over the request, in its frame.
 */
final class DhcpServer {
    private static final int BROADCAST = -1;
    private static final long REPORT_NS = 1_000_000_000L;
    private static final int MINIMUM_MESSAGE =
            300; // RFC 1542 2.1: BOOTP clients may expect no less

    private final Scope scope;
    private final Leases leases;
    private final EventRing events;
    private final DhcpAnswers answers;
    private int nic; // whose frame it is, for events
    private final OptionSelection options;
    private boolean rapid; // of the request that is being answered
    private long reportedTo;
    private long reportedNs;
    private long cutReportedTo;
    private long cutReportedNs;

    DhcpServer(Scope scope, Leases leases, EventRing events, DhcpAnswers answers) {
        this.answers = answers;
        this.scope = scope;
        this.leases = leases;
        this.events = events;
        this.options = new OptionSelection(scope);
    }

    /** A client speaks for itself: only a relay forwards what others have said. */
    static boolean isFromItsClient(Frame frame) {
        MemorySegment b = frame.data;
        int at = frame.l4 + Udp.HEADER;
        return at + DhcpMessage.OPTIONS <= frame.end
                && (DhcpMessage.giaddr(b, at) != 0
                        || DhcpMessage.chaddr(b, at) == Ethernet.src(b, frame.start));
    }

    /** See {@link BootFields#nextServer}. */
    void nextServer(int address) {
        options.nextServer(address);
    }

    /** A frame to UDP port 67 of the gateway or of all; {@code nic}: the number events carry. */
    Verdict process(Frame frame, int nic, long nowNs) {
        this.nic = nic;
        MemorySegment b = frame.data;
        int at = frame.l4 + Udp.HEADER;
        int end = Math.min(frame.end, frame.l4 + Udp.length(b, frame.l4));
        if (!UdpChecksum.holds(frame) || !DhcpMessage.fits(b, at, end)) {
            return Verdict.DROP_MALFORMED;
        }
        rapid = false;
        options.read(b, at, end);
        long client = DhcpMessage.chaddr(b, at);
        Verdict verdict = answer(frame, at, end, nowNs);
        if (options.cutCount() > 0 && !frame.isDryRun()) {
            reportCut(client, nowNs);
        }
        return verdict;
    }

    private Verdict answer(Frame frame, int at, int end, long nowNs) {
        MemorySegment b = frame.data;
        return switch (DhcpMessage.option8(b, at, end, DhcpOptions.MESSAGE_TYPE)) {
            case DhcpMessage.DISCOVER -> discover(frame, at, end, nowNs);
            case DhcpMessage.REQUEST -> request(frame, at, end, nowNs);
            case DhcpMessage.INFORM ->
                    reply(frame, at, DhcpMessage.ACK, DhcpMessage.ciaddr(b, at), 0);
            case DhcpMessage.RELEASE -> released(frame, at, end, false, nowNs);
            case DhcpMessage.DECLINE -> released(frame, at, end, true, nowNs);
            default -> Verdict.DROP_MALFORMED;
        };
    }

    /** RFC 4039: who asks for it is given the address at once. */
    private Verdict discover(Frame frame, int at, int end, long nowNs) {
        MemorySegment b = frame.data;
        long client = DhcpMessage.chaddr(b, at);
        int wanted = DhcpMessage.optionAddress(b, at, end, DhcpOptions.REQUESTED_ADDRESS);
        int address = leases.offer(client, wanted, !frame.isDryRun(), nowNs);
        if (address == Leases.NONE) {
            return Verdict.DROP_UNANSWERED; // another server may have one
        }
        if (DhcpMessage.option(b, at, end, DhcpOptions.RAPID_COMMIT) < 0) {
            return reply(frame, at, DhcpMessage.OFFER, 0, address);
        }
        rapid = true;
        if (!frame.isDryRun()) {
            take(client, address, nowNs);
        }
        return reply(frame, at, DhcpMessage.ACK, 0, address);
    }

    /**
     * RFC 2131 4.3.2. SELECTING names its server, INIT-REBOOT asks for the address that it had;
     * RENEWING and REBINDING send from theirs, the one to its server and the other to all.
     */
    private Verdict request(Frame frame, int at, int end, long nowNs) {
        MemorySegment b = frame.data;
        int server = DhcpMessage.optionAddress(b, at, end, DhcpOptions.SERVER_IDENTIFIER);
        if (server != 0 && server != scope.gatewayAddress()) {
            return Verdict.DROP_UNANSWERED; // 3.1 4: the client took another server's offer
        }
        int ciaddr = DhcpMessage.ciaddr(b, at);
        int wanted = DhcpMessage.optionAddress(b, at, end, DhcpOptions.REQUESTED_ADDRESS);
        boolean offered = server != 0 && wanted != 0;
        int address = ciaddr == 0 || offered ? wanted : ciaddr;
        long client = DhcpMessage.chaddr(b, at);
        if (!leases.mayTake(client, address, nowNs)) {
            boolean toUs = server != 0 || Ipv4.dst(b, frame.l3) == scope.gatewayAddress();
            return toUs || isKnownToBeWrong(client, address, nowNs)
                    ? reply(frame, at, DhcpMessage.NAK, 0, 0)
                    : Verdict.DROP_UNANSWERED;
        }
        if (!frame.isDryRun()) {
            take(client, address, nowNs);
        }
        return reply(frame, at, DhcpMessage.ACK, ciaddr, address);
    }

    /** Else another server on the network may have given it, and silence is a MUST. */
    private boolean isKnownToBeWrong(long client, int address, long nowNs) {
        boolean otherNetwork = ((address ^ scope.gatewayAddress()) & scope.mask()) != 0;
        return otherNetwork || leases.isOnRecord(client, address, nowNs);
    }

    private void take(long client, int address, long nowNs) {
        if (!leases.take(client, address, nowNs)) {
            return;
        }
        if (client != reportedTo || nowNs - reportedNs >= REPORT_NS) {
            events.emit(EventKind.LEASE, nic, address, client);
            reportedTo = client;
            reportedNs = nowNs;
        }
    }

    /** Of an offer and its acknowledgement one is enough. */
    private void reportCut(long client, long nowNs) {
        if (client == cutReportedTo && nowNs - cutReportedNs < REPORT_NS) {
            return;
        }
        cutReportedTo = client;
        cutReportedNs = nowNs;
        for (int i = 0; i < options.cutCount(); i++) {
            events.emit(EventKind.OPTION_CUT, nic, options.cut(i), client);
        }
    }

    /** No answer is defined. */
    private Verdict released(Frame frame, int at, int end, boolean declined, long nowNs) {
        if (frame.isDryRun()) {
            return Verdict.DROP_UNANSWERED;
        }
        MemorySegment b = frame.data;
        long client = DhcpMessage.chaddr(b, at);
        if (declined) { // RFC 2131 4.3.3: the administrator is to know
            int address = DhcpMessage.optionAddress(b, at, end, DhcpOptions.REQUESTED_ADDRESS);
            leases.decline(client, address, nowNs);
            events.emit(EventKind.DECLINED, nic, address, client);
        } else {
            leases.release(client, DhcpMessage.ciaddr(b, at));
        }
        return Verdict.DROP_UNANSWERED;
    }

    private void count(Frame frame, int type) {
        if (frame.isDryRun()) {
            return;
        }
        switch (type) {
            case DhcpMessage.OFFER -> answers.offers++;
            case DhcpMessage.ACK -> answers.acknowledgements++;
            default -> answers.refusals++;
        }
    }

    private Verdict reply(Frame frame, int at, int type, int ciaddr, int yiaddr) {
        MemorySegment b = frame.data;
        long chaddr = DhcpMessage.chaddr(b, at);
        int relay = DhcpMessage.giaddr(b, at);
        long sender = Ethernet.src(b, frame.start);
        boolean unheard = ciaddr == 0 && yiaddr == 0; // a NAK, or of an INFORM that lacks ciaddr
        boolean flagged = (DhcpMessage.flags(b, at) & DhcpMessage.BROADCAST_FLAG) != 0;
        boolean broadcast = relay == 0 && (unheard || ciaddr == 0 && flagged);
        DhcpMessage.reply(b, at, ciaddr, yiaddr);
        if (type == DhcpMessage.NAK && relay != 0) {
            DhcpMessage.setBroadcast(b, at); // RFC 2131 4.3.2: the client may have no address
        }
        int i = options.write(b, at, type, yiaddr != 0, rapid);
        int length = Math.max(i - at, MINIMUM_MESSAGE);
        b.asSlice(i, at + length - i).fill((byte) DhcpOptions.PAD);

        // RFC 2131 4.1: to the relay where there is one, to ciaddr where the client has one, by
        // broadcast where it asks for that, else to the address that it is given.
        int destination =
                relay != 0 ? relay : broadcast ? BROADCAST : ciaddr != 0 ? ciaddr : yiaddr;
        int port = relay != 0 ? Dhcp.SERVER_PORT : Dhcp.CLIENT_PORT;
        long station = relay != 0 ? sender : chaddr;
        int udpLength = Udp.HEADER + length;
        int l3 = frame.l3;
        int l4 = l3 + Ipv4.HEADER;
        if (frame.l4 != l4) { // the request had IP options, the reply has none
            MemorySegment.copy(b, at, b, l4 + Udp.HEADER, length);
        }
        Udp.emit4(b, l4, Dhcp.SERVER_PORT, port, udpLength, scope.gatewayAddress(), destination);
        Ipv4.emit(
                b, l3, Ipv4.HEADER + udpLength, Protocols.UDP, scope.gatewayAddress(), destination);
        Ethernet.addresses(
                b, frame.start, broadcast ? Ethernet.BROADCAST : station, scope.gatewayMac());
        frame.compose(l4 + udpLength - frame.start);
        count(frame, type);
        return Verdict.ANSWERED;
    }
}
