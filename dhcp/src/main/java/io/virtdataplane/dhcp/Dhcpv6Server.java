package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.EventKind;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.NeighborDiscovery;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * DHCPv6 server (RFC 8415) for the one address of one guest. It keeps no state that a client could
 * use up: whoever asks on this link is the guest, and its address is always the same.
 */
final class Dhcpv6Server {
    static final int SERVER_PORT = 547;
    static final int CLIENT_PORT = 546;
    private static final int DUID_LL = 3; // RFC 8415 11.4
    private static final int LONGEST_REPLY = 1200; // fits every link (RFC 8200 5)
    private static final int MAX_IAS = 8;
    private static final int MAX_NAME_SERVERS = 3;
    private static final long REPORT_NS = 1_000_000_000L;

    private final Ipv6Scope scope;
    private final long gatewayMac;
    private final EventRing events;
    private final int nic;
    private final DhcpAnswers answers;
    private final byte[] serverId;
    private final byte[] nameServers;
    private final byte[] searchList;
    private final MemorySegment reply = MemorySegment.ofArray(new byte[LONGEST_REPLY]);
    private int length;
    private long leasedTo;
    private long leasedNs;

    Dhcpv6Server(Ipv6Scope scope, long gatewayMac, EventRing events, int nic, DhcpAnswers answers) {
        this.answers = answers;
        this.scope = scope;
        this.gatewayMac = gatewayMac;
        this.events = events;
        this.nic = nic;
        this.serverId = serverId(gatewayMac);
        ByteBuffer servers = ByteBuffer.allocate(16 * MAX_NAME_SERVERS);
        scope.resolver().nameServers().stream()
                .limit(MAX_NAME_SERVERS)
                .forEach(server -> servers.putLong(server[0]).putLong(server[1]));
        this.nameServers = java.util.Arrays.copyOf(servers.array(), servers.position());
        this.searchList = SearchDomains.plain(scope.resolver().searchDomains());
    }

    private static byte[] serverId(long mac) {
        byte[] duid = new byte[10];
        MemorySegment b = MemorySegment.ofArray(duid);
        Bytes.put16(b, 0, DUID_LL);
        Bytes.put16(b, 2, 1); // Ethernet
        Bytes.put48(b, 4, mac);
        return duid;
    }

    /** MAC address that holds the lease, or 0. */
    long leasedTo() {
        return leasedTo;
    }

    long leasedNs() {
        return leasedNs;
    }

    /** A frame to UDP port 547 of the gateway or of all servers. */
    Verdict process(Frame frame, long nowNs) {
        MemorySegment b = frame.data;
        int at = frame.l4 + Udp.HEADER;
        int end = Math.min(frame.end, frame.l4 + Udp.length(b, frame.l4));
        if (!UdpChecksum.holds(frame) || !Dhcpv6Message.fits(b, at, end)) {
            return Verdict.DROP_MALFORMED;
        }
        int type = Dhcpv6Message.type(b, at);
        if (!isValid(b, at, end, type)) {
            return Verdict.DROP_UNANSWERED; // RFC 8415 16: such a message is discarded
        }
        int options = at + Dhcpv6Message.OPTIONS;
        boolean rapid =
                type == Dhcpv6Message.SOLICIT
                        && Dhcpv6Message.option(b, options, end, Dhcpv6Message.RAPID_COMMIT) >= 0;
        begin(b, at, end, type == Dhcpv6Message.SOLICIT && !rapid);
        switch (type) {
            case Dhcpv6Message.SOLICIT,
                    Dhcpv6Message.REQUEST,
                    Dhcpv6Message.RENEW,
                    Dhcpv6Message.REBIND ->
                    putAssociations(b, options, end);
            case Dhcpv6Message.CONFIRM -> {
                if (!confirm(b, options, end)) {
                    return Verdict.DROP_UNANSWERED; // RFC 8415 18.3.3: it asks about no address
                }
            }
            case Dhcpv6Message.RELEASE, Dhcpv6Message.DECLINE -> putStatus(Dhcpv6Message.SUCCESS);
            default -> {
                // Information-request: what follows is all it asks for.
            }
        }
        if (rapid) {
            put(Dhcpv6Message.RAPID_COMMIT, new byte[0]);
        }
        put(Dhcpv6Message.DNS_SERVERS, nameServers);
        put(Dhcpv6Message.DOMAIN_LIST, searchList);
        note(frame, type, rapid, nowNs);
        send(frame);
        return Verdict.ANSWERED;
    }

    /** RFC 8415 16.2 to 16.12: which identifiers each message must and must not have. */
    private boolean isValid(MemorySegment b, int at, int end, int type) {
        int options = at + Dhcpv6Message.OPTIONS;
        boolean hasClient = Dhcpv6Message.option(b, options, end, Dhcpv6Message.CLIENT_ID) >= 0;
        int server = Dhcpv6Message.option(b, options, end, Dhcpv6Message.SERVER_ID);
        return switch (type) {
            case Dhcpv6Message.SOLICIT, Dhcpv6Message.CONFIRM, Dhcpv6Message.REBIND ->
                    hasClient && server < 0;
            case Dhcpv6Message.REQUEST,
                    Dhcpv6Message.RENEW,
                    Dhcpv6Message.RELEASE,
                    Dhcpv6Message.DECLINE ->
                    hasClient && server >= 0 && isOurs(b, server);
            case Dhcpv6Message.INFORMATION_REQUEST -> server < 0 || isOurs(b, server);
            default -> false;
        };
    }

    private boolean isOurs(MemorySegment b, int server) {
        if (Dhcpv6Message.length(b, server) != serverId.length) {
            return false;
        }
        for (int i = 0; i < serverId.length; i++) {
            if ((byte) Bytes.u8(b, server + Dhcpv6Message.OPTION_HEADER + i) != serverId[i]) {
                return false;
            }
        }
        return true;
    }

    private void begin(MemorySegment b, int at, int end, boolean advertises) {
        int type = advertises ? Dhcpv6Message.ADVERTISE : Dhcpv6Message.REPLY;
        Bytes.put32(reply, 0, type << 24 | Dhcpv6Message.transactionId(b, at));
        length = Dhcpv6Message.OPTIONS;
        int client =
                Dhcpv6Message.option(b, at + Dhcpv6Message.OPTIONS, end, Dhcpv6Message.CLIENT_ID);
        if (client >= 0) {
            int size = Dhcpv6Message.OPTION_HEADER + Dhcpv6Message.length(b, client);
            MemorySegment.copy(b, client, reply, length, size);
            length += size;
        }
        put(Dhcpv6Message.SERVER_ID, serverId);
    }

    /** Each IA the client asks for: the first of addresses gets the guest's, others get none. */
    private void putAssociations(MemorySegment b, int options, int end) {
        boolean given = false;
        int count = 0;
        for (int i = options;
                i + Dhcpv6Message.OPTION_HEADER <= end && count < MAX_IAS;
                i = Dhcpv6Message.next(b, i)) {
            int code = Dhcpv6Message.code(b, i);
            int body = i + Dhcpv6Message.OPTION_HEADER;
            int size = Dhcpv6Message.length(b, i);
            if (code == Dhcpv6Message.IA_NA && size >= Dhcpv6Message.IA_NA_FIXED) {
                int inner = body + Dhcpv6Message.IA_NA_FIXED;
                putAddresses(b, Bytes.u32(b, body), inner, body + size, !given);
                given = true;
                count++;
            } else if (code == Dhcpv6Message.IA_TA && size >= Dhcpv6Message.IA_TA_FIXED) {
                putRefusal(code, Bytes.u32(b, body), Dhcpv6Message.NO_ADDRESS_AVAILABLE);
                count++;
            } else if (code == Dhcpv6Message.IA_PD && size >= Dhcpv6Message.IA_NA_FIXED) {
                putRefusal(code, Bytes.u32(b, body), Dhcpv6Message.NO_PREFIX_AVAILABLE);
                count++;
            }
        }
    }

    /** The guest's address; and each other that the client names, with no life left (18.3.4). */
    private void putAddresses(MemorySegment b, int iaid, int from, int end, boolean first) {
        if (!first) {
            putRefusal(Dhcpv6Message.IA_NA, iaid, Dhcpv6Message.NO_ADDRESS_AVAILABLE);
            return;
        }
        int start = length;
        int seconds = (int) Math.min(scope.leaseSeconds(), Integer.MAX_VALUE);
        header(Dhcpv6Message.IA_NA, 0);
        put32(iaid);
        put32(seconds / 2); // RFC 8415 21.4: half and four fifths of the lifetime
        put32((int) (seconds * 4L / 5));
        putAddress(scope.addresses().guestHigh(), scope.addresses().guestLow(), seconds);
        int others = 0;
        for (int i = from; i + Dhcpv6Message.OPTION_HEADER <= end; i = Dhcpv6Message.next(b, i)) {
            boolean address =
                    Dhcpv6Message.code(b, i) == Dhcpv6Message.IA_ADDRESS
                            && Dhcpv6Message.length(b, i) >= Dhcpv6Message.IA_ADDRESS_FIXED
                            && Dhcpv6Message.next(b, i) <= end;
            if (address && others < MAX_IAS) {
                long high = Bytes.u64(b, i + Dhcpv6Message.OPTION_HEADER);
                long low = Bytes.u64(b, i + Dhcpv6Message.OPTION_HEADER + 8);
                if (!scope.addresses().isGuest(high, low)) {
                    putAddress(high, low, 0);
                    others++;
                }
            }
        }
        Bytes.put16(reply, start + 2, length - start - Dhcpv6Message.OPTION_HEADER);
    }

    private void putAddress(long high, long low, int seconds) {
        header(Dhcpv6Message.IA_ADDRESS, Dhcpv6Message.IA_ADDRESS_FIXED);
        Bytes.put64(reply, length, high);
        Bytes.put64(reply, length + 8, low);
        length += 16;
        put32(seconds);
        put32(seconds);
    }

    private void putRefusal(int code, int iaid, int status) {
        int fixed =
                code == Dhcpv6Message.IA_TA ? Dhcpv6Message.IA_TA_FIXED : Dhcpv6Message.IA_NA_FIXED;
        header(code, fixed + Dhcpv6Message.OPTION_HEADER + 2);
        put32(iaid);
        if (fixed == Dhcpv6Message.IA_NA_FIXED) {
            put32(0);
            put32(0);
        }
        putStatus(status);
    }

    /** False where the client names no address at all. */
    private boolean confirm(MemorySegment b, int options, int end) {
        boolean any = false;
        boolean onLink = true;
        for (int i = options;
                i + Dhcpv6Message.OPTION_HEADER <= end;
                i = Dhcpv6Message.next(b, i)) {
            boolean association =
                    Dhcpv6Message.code(b, i) == Dhcpv6Message.IA_NA
                            && Dhcpv6Message.length(b, i) >= Dhcpv6Message.IA_NA_FIXED;
            if (!association) {
                continue;
            }
            int inner = i + Dhcpv6Message.OPTION_HEADER + Dhcpv6Message.IA_NA_FIXED;
            int address =
                    Dhcpv6Message.option(
                            b, inner, Dhcpv6Message.next(b, i), Dhcpv6Message.IA_ADDRESS);
            if (address >= 0
                    && Dhcpv6Message.length(b, address) >= Dhcpv6Message.IA_ADDRESS_FIXED) {
                int value = address + Dhcpv6Message.OPTION_HEADER;
                any = true;
                onLink &= scope.isOnLink(Bytes.u64(b, value), Bytes.u64(b, value + 8));
            }
        }
        putStatus(onLink ? Dhcpv6Message.SUCCESS : Dhcpv6Message.NOT_ON_LINK);
        return any;
    }

    private void putStatus(int status) {
        header(Dhcpv6Message.STATUS_CODE, 2);
        Bytes.put16(reply, length, status);
        length += 2;
    }

    private void put(int code, byte[] value) {
        boolean empty = value.length == 0 && code != Dhcpv6Message.RAPID_COMMIT;
        if (empty || length + Dhcpv6Message.OPTION_HEADER + value.length > LONGEST_REPLY) {
            return;
        }
        header(code, value.length);
        for (byte one : value) {
            Bytes.put8(reply, length++, one);
        }
    }

    private void header(int code, int size) {
        Bytes.put16(reply, length, code);
        Bytes.put16(reply, length + 2, size);
        length += Dhcpv6Message.OPTION_HEADER;
    }

    private void put32(int value) {
        Bytes.put32(reply, length, value);
        length += 4;
    }

    private void note(Frame frame, int type, boolean rapid, long nowNs) {
        if (frame.isDryRun()) {
            return;
        }
        if (type == Dhcpv6Message.SOLICIT && !rapid) {
            answers.advertisements++;
        } else {
            answers.replies++;
        }
        boolean leases =
                rapid
                        || type == Dhcpv6Message.REQUEST
                        || type == Dhcpv6Message.RENEW
                        || type == Dhcpv6Message.REBIND;
        if (leases) {
            long mac = Ethernet.src(frame.data, frame.start);
            if (mac != leasedTo || nowNs - leasedNs >= REPORT_NS) {
                events.emit(EventKind.LEASE6, nic, scope.addresses().guestLow(), mac);
            }
            leasedTo = mac;
            leasedNs = nowNs;
        } else if (type == Dhcpv6Message.RELEASE || type == Dhcpv6Message.DECLINE) {
            leasedTo = 0;
        }
    }

    private void send(Frame frame) {
        MemorySegment b = frame.data;
        long toHigh = frame.srcHigh;
        long toLow = frame.srcLow;
        long mac = Ethernet.src(b, frame.start);
        int udpLength = Udp.HEADER + length;
        frame.compose(Ethernet.HEADER + Ipv6.HEADER + udpLength);
        int l3 = frame.start + Ethernet.HEADER;
        int l4 = l3 + Ipv6.HEADER;
        Ethernet.addresses(b, frame.start, mac, gatewayMac);
        Ipv6.emit(b, l3, udpLength, Protocols.UDP, 64);
        Ipv6.src(
                b,
                l3,
                NeighborDiscovery.LINK_LOCAL_HIGH,
                NeighborDiscovery.linkLocalLow(gatewayMac));
        Ipv6.dst(b, l3, toHigh, toLow);
        MemorySegment.copy(
                reply, ValueLayout.JAVA_BYTE, 0, b, ValueLayout.JAVA_BYTE, l4 + Udp.HEADER, length);
        Udp.emit(
                b,
                l4,
                SERVER_PORT,
                CLIENT_PORT,
                udpLength,
                Checksum.pseudo6(b, l3, Protocols.UDP, udpLength));
    }
}
