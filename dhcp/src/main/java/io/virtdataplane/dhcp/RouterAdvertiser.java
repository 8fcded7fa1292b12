package io.virtdataplane.dhcp;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.NeighborDiscovery;
import io.virtdataplane.wire.Protocols;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Router advertisements (RFC 4861 4.2, 6.2): with them a stock guest has its default route, its MTU
 * and its name servers (RFC 8106) with no configuration. The address comes by DHCPv6 (M and O are
 * set): the guest has exactly one, so nothing is to be made of the prefix (A is not set, RFC 4862
 * 5.5.3). A guest with a static address takes the route and keeps its address.
 *
 * <p>Solicitations are answered at once; unsolicited ones go out three times when the NIC comes up
 * and then every ten minutes.
 */
final class RouterAdvertiser {
    private static final int ADVERTISEMENT = 134;
    private static final int FIXED = 16;
    private static final int MANAGED_OTHER = 0xc0;
    private static final int ON_LINK = 0x80;
    private static final int PREFIX_INFORMATION = 3;
    private static final int MTU = 5;
    private static final int SOURCE_LINK_LAYER = 1;
    private static final int RDNSS = 25;
    private static final int DNSSL = 31;
    private static final int CUR_HOP_LIMIT = 64;
    private static final int ROUTER_LIFETIME = 1800; // RFC 4861 6.2.1: three intervals
    private static final long INTERVAL_NS = 600_000_000_000L; // MaxRtrAdvInterval
    private static final long INITIAL_INTERVAL_NS = 16_000_000_000L;
    private static final int INITIAL_COUNT = 3;
    private static final int MAX_NAME_SERVERS = 3;
    private static final long ALL_NODES_HIGH = 0xff02_0000_0000_0000L;
    private static final long ALL_NODES_LOW = 1;

    private final Ipv6Scope scope;
    private final long gatewayMac;
    private final MemorySegment message;
    private long dueNs = Long.MIN_VALUE;
    private int sent;

    RouterAdvertiser(Ipv6Scope scope, long gatewayMac) {
        this.scope = scope;
        this.gatewayMac = gatewayMac;
        this.message = MemorySegment.ofArray(message(scope, gatewayMac));
    }

    /** A Router Solicitation, already checked as any message of Neighbor Discovery. */
    Verdict solicited(Frame frame) {
        if (!scope.advertises()) {
            return Verdict.DROP_UNANSWERED;
        }
        boolean unspecified = (frame.srcHigh | frame.srcLow) == 0; // then to all nodes, 6.2.6
        long mac = Ethernet.src(frame.data, frame.start);
        compose(
                frame,
                unspecified ? ALL_NODES_HIGH : frame.srcHigh,
                unspecified ? ALL_NODES_LOW : frame.srcLow,
                unspecified ? NeighborDiscovery.multicastMac(ALL_NODES_LOW) : mac);
        return Verdict.ANSWERED;
    }

    /** When the next unsolicited one is due; never where there are none. */
    long dueNs() {
        return scope.advertises() ? dueNs : Long.MAX_VALUE;
    }

    /** Makes an unsolicited one; only when it is due. */
    void unsolicited(Frame frame, long nowNs) {
        sent++;
        dueNs = nowNs + (sent < INITIAL_COUNT ? INITIAL_INTERVAL_NS : INTERVAL_NS);
        compose(
                frame,
                ALL_NODES_HIGH,
                ALL_NODES_LOW,
                NeighborDiscovery.multicastMac(ALL_NODES_LOW));
    }

    private void compose(Frame frame, long toHigh, long toLow, long mac) {
        int length = (int) message.byteSize();
        frame.compose(Ethernet.HEADER + Ipv6.HEADER + length);
        MemorySegment b = frame.data;
        int l3 = frame.start + Ethernet.HEADER;
        int l4 = l3 + Ipv6.HEADER;
        Ethernet.addresses(b, frame.start, mac, gatewayMac);
        Ethernet.type(b, frame.start, Ethernet.IPV6);
        Ipv6.emit(b, l3, length, Protocols.ICMPV6, NeighborDiscovery.HOP_LIMIT);
        Ipv6.src(
                b,
                l3,
                NeighborDiscovery.LINK_LOCAL_HIGH,
                NeighborDiscovery.linkLocalLow(gatewayMac)); // 6.1.2: no other is believed
        Ipv6.dst(b, l3, toHigh, toLow);
        MemorySegment.copy(message, ValueLayout.JAVA_BYTE, 0, b, ValueLayout.JAVA_BYTE, l4, length);
        Icmpv6.checksumAnew(b, l3, l4, length);
    }

    /** From the ICMPv6 header on, once for all. */
    private static byte[] message(Ipv6Scope scope, long gatewayMac) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        MemorySegment fixed = MemorySegment.ofArray(new byte[FIXED]);
        Icmpv6.emit(
                fixed,
                0,
                ADVERTISEMENT,
                0,
                CUR_HOP_LIMIT << 24 | MANAGED_OTHER << 16 | ROUTER_LIFETIME);
        out.writeBytes(fixed.toArray(ValueLayout.JAVA_BYTE));
        out.writeBytes(sourceLinkLayer(gatewayMac));
        out.writeBytes(
                ByteBuffer.allocate(8)
                        .put((byte) MTU)
                        .put((byte) 1)
                        .putInt(4, scope.link().mtu())
                        .array());
        out.writeBytes(prefix(scope));
        out.writeBytes(nameServers(scope.resolver().nameServers()));
        out.writeBytes(searchList(scope.resolver().searchDomains()));
        return out.toByteArray();
    }

    private static byte[] sourceLinkLayer(long mac) {
        byte[] option = new byte[8];
        MemorySegment b = MemorySegment.ofArray(option);
        Bytes.put8(b, 0, SOURCE_LINK_LAYER);
        Bytes.put8(b, 1, 1);
        Bytes.put48(b, 2, mac);
        return option;
    }

    /** RFC 4861 4.6.2. */
    private static byte[] prefix(Ipv6Scope scope) {
        int lifetime = (int) scope.leaseSeconds();
        int length = scope.link().prefixLength();
        long highMask = length >= 64 ? -1L : -1L << 64 - length;
        long lowMask = length <= 64 ? 0 : -1L << 128 - length;
        return ByteBuffer.allocate(32)
                .put((byte) PREFIX_INFORMATION)
                .put((byte) 4)
                .put((byte) length)
                .put((byte) ON_LINK)
                .putInt(lifetime)
                .putInt(lifetime)
                .putInt(0)
                .putLong(scope.addresses().guestHigh() & highMask)
                .putLong(scope.addresses().guestLow() & lowMask)
                .array();
    }

    /** RFC 8106 5.1. */
    private static byte[] nameServers(List<long[]> servers) {
        int count = Math.min(MAX_NAME_SERVERS, servers.size());
        if (count == 0) {
            return new byte[0];
        }
        ByteBuffer option =
                ByteBuffer.allocate(8 + 16 * count)
                        .put((byte) RDNSS)
                        .put((byte) (1 + 2 * count))
                        .putShort((short) 0)
                        .putInt(ROUTER_LIFETIME);
        servers.stream().limit(count).forEach(s -> option.putLong(s[0]).putLong(s[1]));
        return option.array();
    }

    /** RFC 8106 5.2; filled up with zeros to a multiple of 8 bytes. */
    private static byte[] searchList(List<String> domains) {
        byte[] names = SearchDomains.plain(domains);
        if (names.length == 0) {
            return new byte[0];
        }
        int length = 8 + names.length + 7 & ~7;
        return ByteBuffer.allocate(length)
                .put((byte) DNSSL)
                .put((byte) (length / 8))
                .putShort((short) 0)
                .putInt(ROUTER_LIFETIME)
                .put(names)
                .array();
    }
}
