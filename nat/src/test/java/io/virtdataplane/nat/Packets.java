package io.virtdataplane.nat;

import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.pcap4j.packet.AbstractPacket;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IcmpV4EchoPacket;
import org.pcap4j.packet.IcmpV4EchoReplyPacket;
import org.pcap4j.packet.IcmpV6CommonPacket;
import org.pcap4j.packet.IcmpV6EchoReplyPacket;
import org.pcap4j.packet.IcmpV6EchoRequestPacket;
import org.pcap4j.packet.IpPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.IpV4Rfc791Tos;
import org.pcap4j.packet.IpV6Packet;
import org.pcap4j.packet.IpV6SimpleFlowLabel;
import org.pcap4j.packet.IpV6SimpleTrafficClass;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.packet.UnknownPacket;
import org.pcap4j.packet.namednumber.EtherType;
import org.pcap4j.packet.namednumber.IcmpV4Code;
import org.pcap4j.packet.namednumber.IcmpV4Type;
import org.pcap4j.packet.namednumber.IcmpV6Code;
import org.pcap4j.packet.namednumber.IcmpV6Type;
import org.pcap4j.packet.namednumber.IpNumber;
import org.pcap4j.packet.namednumber.IpVersion;
import org.pcap4j.packet.namednumber.TcpPort;
import org.pcap4j.packet.namednumber.UdpPort;
import org.pcap4j.util.MacAddress;

/** Frames made and judged by pcap4j, which knows nothing of our code. */
final class Packets {
    static final MacAddress GUEST_MAC = MacAddress.getByName("52:54:00:00:00:01");
    static final MacAddress GATEWAY_MAC = MacAddress.getByName("02:00:00:00:00:00");
    private static final byte[] PAYLOAD = "the quick brown fox".getBytes();

    private Packets() {}

    static byte[] udp(String src, int srcPort, String dst, int dstPort) {
        return udp(src, srcPort, dst, dstPort, PAYLOAD);
    }

    static byte[] udp(String src, int srcPort, String dst, int dstPort, byte[] payload) {
        return ip(
                src,
                dst,
                IpNumber.UDP,
                64,
                new UdpPacket.Builder()
                        .srcPort(UdpPort.getInstance((short) srcPort))
                        .dstPort(UdpPort.getInstance((short) dstPort))
                        .srcAddr(address(src))
                        .dstAddr(address(dst))
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true)
                        .payloadBuilder(new UnknownPacket.Builder().rawData(payload)));
    }

    /** Flags as letters of S, A, F, R. */
    static byte[] tcp(String src, int srcPort, String dst, int dstPort, String flags) {
        return ip(
                src,
                dst,
                IpNumber.TCP,
                64,
                new TcpPacket.Builder()
                        .srcPort(TcpPort.getInstance((short) srcPort))
                        .dstPort(TcpPort.getInstance((short) dstPort))
                        .srcAddr(address(src))
                        .dstAddr(address(dst))
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true)
                        .sequenceNumber(1000)
                        .acknowledgmentNumber(flags.contains("A") ? 2000 : 0)
                        .dataOffset((byte) 5)
                        .window((short) 512)
                        .syn(flags.contains("S"))
                        .ack(flags.contains("A"))
                        .fin(flags.contains("F"))
                        .rst(flags.contains("R"))
                        .payloadBuilder(
                                new UnknownPacket.Builder()
                                        .rawData(flags.equals("A") ? PAYLOAD : new byte[0])));
    }

    static byte[] ping(String src, String dst, int identifier) {
        if (isIpv6(src)) {
            return icmp6(
                    src,
                    dst,
                    IcmpV6Type.ECHO_REQUEST,
                    new IcmpV6EchoRequestPacket.Builder()
                            .identifier((short) identifier)
                            .sequenceNumber((short) 1)
                            .payloadBuilder(payload()));
        }
        return icmp(
                src,
                dst,
                IcmpV4Type.ECHO,
                new IcmpV4EchoPacket.Builder()
                        .identifier((short) identifier)
                        .sequenceNumber((short) 1)
                        .payloadBuilder(payload()));
    }

    static byte[] pong(String src, String dst, int identifier) {
        if (isIpv6(src)) {
            return icmp6(
                    src,
                    dst,
                    IcmpV6Type.ECHO_REPLY,
                    new IcmpV6EchoReplyPacket.Builder()
                            .identifier((short) identifier)
                            .sequenceNumber((short) 1)
                            .payloadBuilder(payload()));
        }
        return icmp(
                src,
                dst,
                IcmpV4Type.ECHO_REPLY,
                new IcmpV4EchoReplyPacket.Builder()
                        .identifier((short) identifier)
                        .sequenceNumber((short) 1)
                        .payloadBuilder(payload()));
    }

    private static UnknownPacket.Builder payload() {
        return new UnknownPacket.Builder().rawData(PAYLOAD);
    }

    private static byte[] icmp(
            String src, String dst, IcmpV4Type type, AbstractPacket.AbstractBuilder body) {
        return ip(
                src,
                dst,
                IpNumber.ICMPV4,
                64,
                new IcmpV4CommonPacket.Builder()
                        .type(type)
                        .code(IcmpV4Code.NO_CODE)
                        .payloadBuilder(body)
                        .correctChecksumAtBuild(true));
    }

    private static byte[] icmp6(
            String src, String dst, IcmpV6Type type, AbstractPacket.AbstractBuilder body) {
        return ip(
                src,
                dst,
                IpNumber.ICMPV6,
                64,
                new IcmpV6CommonPacket.Builder()
                        .type(type)
                        .code(IcmpV6Code.NO_CODE)
                        .srcAddr((Inet6Address) address(src))
                        .dstAddr((Inet6Address) address(dst))
                        .payloadBuilder(body)
                        .correctChecksumAtBuild(true));
    }

    /** Of a protocol that pcap4j need not know. */
    static byte[] raw(String src, String dst, int protocol, byte[] body) {
        return ip(
                src,
                dst,
                IpNumber.getInstance((byte) protocol),
                64,
                new UnknownPacket.Builder().rawData(body));
    }

    static byte[] ip(
            String src,
            String dst,
            IpNumber protocol,
            int ttl,
            AbstractPacket.AbstractBuilder payload) {
        if (isIpv6(src)) {
            return ethernet(
                    EtherType.IPV6,
                    new IpV6Packet.Builder()
                            .version(IpVersion.IPV6)
                            .trafficClass(IpV6SimpleTrafficClass.newInstance((byte) 0))
                            .flowLabel(IpV6SimpleFlowLabel.newInstance(0))
                            .nextHeader(protocol)
                            .hopLimit((byte) ttl)
                            .srcAddr((Inet6Address) address(src))
                            .dstAddr((Inet6Address) address(dst))
                            .payloadBuilder(payload)
                            .correctLengthAtBuild(true));
        }
        return ethernet(
                EtherType.IPV4,
                new IpV4Packet.Builder()
                        .version(IpVersion.IPV4)
                        .tos(IpV4Rfc791Tos.newInstance((byte) 0))
                        .ttl((byte) ttl)
                        .protocol(protocol)
                        .srcAddr((Inet4Address) address(src))
                        .dstAddr((Inet4Address) address(dst))
                        .payloadBuilder(payload)
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true));
    }

    private static byte[] ethernet(EtherType type, AbstractPacket.AbstractBuilder payload) {
        return new EthernetPacket.Builder()
                .srcAddr(GUEST_MAC)
                .dstAddr(GATEWAY_MAC)
                .type(type)
                .payloadBuilder(payload)
                .paddingAtBuild(true)
                .build()
                .getRawData();
    }

    static boolean isIpv6(String address) {
        return address.indexOf(':') >= 0;
    }

    static EthernetPacket ethernetOf(byte[] frame) {
        try {
            return EthernetPacket.newPacket(frame, 0, frame.length);
        } catch (Exception e) {
            throw new AssertionError("pcap4j cannot read the frame", e);
        }
    }

    static IpV4Packet ipOf(byte[] frame) {
        return ethernetOf(frame).get(IpV4Packet.class);
    }

    static IpV6Packet ip6Of(byte[] frame) {
        return ethernetOf(frame).get(IpV6Packet.class);
    }

    /** "src:port > dst:port" as pcap4j reads it, every checksum checked on the way. */
    static String flow(byte[] frame) {
        EthernetPacket ethernet = ethernetOf(frame);
        IpPacket ip = ethernet.get(IpPacket.class);
        InetAddress src = ip.getHeader().getSrcAddr();
        InetAddress dst = ip.getHeader().getDstAddr();
        if (ip instanceof IpV4Packet ipv4) {
            check(ipv4.getHeader().hasValidChecksum(false), "IPv4 checksum");
        }
        int[] ports = ports(ip, src, dst);
        return endpoint(src, ports[0]) + " > " + endpoint(dst, ports[1]);
    }

    private static String endpoint(InetAddress address, int port) {
        byte[] bytes = address.getAddress();
        if (bytes.length == 4) {
            return address.getHostAddress() + ":" + port;
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return "[" + AddressText.ip(buffer.getLong(), buffer.getLong()) + "]:" + port;
    }

    private static int[] ports(IpPacket ip, InetAddress src, InetAddress dst) {
        if (ip.contains(TcpPacket.class)) {
            TcpPacket tcp = ip.get(TcpPacket.class);
            check(tcp.hasValidChecksum(src, dst, false), "TCP checksum");
            return new int[] {
                tcp.getHeader().getSrcPort().valueAsInt(), tcp.getHeader().getDstPort().valueAsInt()
            };
        }
        if (ip.contains(UdpPacket.class)) {
            UdpPacket udp = ip.get(UdpPacket.class);
            check(udp.hasValidChecksum(src, dst, true), "UDP checksum");
            return new int[] {
                udp.getHeader().getSrcPort().valueAsInt(), udp.getHeader().getDstPort().valueAsInt()
            };
        }
        if (ip.contains(IcmpV6CommonPacket.class)) {
            IcmpV6CommonPacket icmp = ip.get(IcmpV6CommonPacket.class);
            check(icmp.hasValidChecksum((Inet6Address) src, (Inet6Address) dst, false), "ICMPv6");
        } else {
            check(ip.get(IcmpV4CommonPacket.class).hasValidChecksum(false), "ICMP checksum");
        }
        byte[] icmp = ip.getPayload().getRawData();
        int identifier = (icmp[4] & 0xff) << 8 | icmp[5] & 0xff;
        return new int[] {identifier, identifier};
    }

    /**
     * The fragments of a frame's packet, each with {@code size} bytes of payload but the last; made
     * by hand, in order.
     */
    static List<byte[]> fragments(byte[] frame, int size, int identification) {
        MemorySegment b = MemorySegment.ofArray(frame);
        boolean ipv6 = Ethernet.type(b, 0) == Ethernet.IPV6;
        int header = ipv6 ? 40 : 20;
        int payload = ipv6 ? Ipv6.payloadLength(b, 14) : Ipv4.totalLength(b, 14) - header;
        List<byte[]> fragments = new ArrayList<>();
        for (int offset = 0; offset < payload; offset += size) {
            int length = Math.min(size, payload - offset);
            boolean more = offset + length < payload;
            byte[] part =
                    Arrays.copyOfRange(frame, 14 + header + offset, 14 + header + offset + length);
            fragments.add(fragment(frame, part, offset, more, identification));
        }
        return fragments;
    }

    /** One fragment with the headers of {@code frame}. */
    static byte[] fragment(
            byte[] frame, byte[] part, int offset, boolean more, int identification) {
        MemorySegment from = MemorySegment.ofArray(frame);
        if (Ethernet.type(from, 0) == Ethernet.IPV4) {
            byte[] bytes = new byte[Math.max(60, 34 + part.length)];
            System.arraycopy(frame, 0, bytes, 0, 34);
            System.arraycopy(part, 0, bytes, 34, part.length);
            MemorySegment b = MemorySegment.ofArray(bytes);
            Bytes.put16(b, 18, identification);
            Ipv4.fragment(b, 14, 20 + part.length, offset, more);
            Ipv4.checksumAnew(b, 14);
            return bytes;
        }
        byte[] bytes = new byte[62 + part.length];
        System.arraycopy(frame, 0, bytes, 0, 54);
        System.arraycopy(part, 0, bytes, 62, part.length);
        MemorySegment b = MemorySegment.ofArray(bytes);
        Bytes.put8(b, 54, Ipv6.nextHeader(b, 14));
        Bytes.put8(b, 20, Protocols.FRAGMENT);
        Bytes.put16(b, 18, 8 + part.length);
        Bytes.put8(b, 55, 0);
        Bytes.put16(b, 56, offset | (more ? 1 : 0));
        Bytes.put32(b, 58, identification);
        return bytes;
    }

    /** The whole packet that these fragments make, in any order; without the fragment header. */
    static byte[] reassemble(List<byte[]> fragments) {
        MemorySegment first = MemorySegment.ofArray(fragments.getFirst());
        boolean ipv6 = Ethernet.type(first, 0) == Ethernet.IPV6;
        int from = ipv6 ? 62 : 34;
        int total = 0;
        byte[] payload = new byte[65_536];
        byte[] header = null;
        for (byte[] fragment : fragments) {
            MemorySegment b = MemorySegment.ofArray(fragment);
            int offset = ipv6 ? Bytes.u16(b, 56) & 0xfff8 : Ipv4.fragmentOffset(b, 14);
            int length = ipv6 ? Ipv6.payloadLength(b, 14) - 8 : Ipv4.totalLength(b, 14) - 20;
            if (!ipv6) {
                check(Ipv4.isIntact(b, 14), "IPv4 checksum of a fragment");
            }
            System.arraycopy(fragment, from, payload, offset, length);
            total = Math.max(total, offset + length);
            if (offset == 0) {
                header = fragment;
            }
        }
        int start = ipv6 ? 54 : 34;
        byte[] whole = new byte[start + total];
        System.arraycopy(header, 0, whole, 0, start);
        System.arraycopy(payload, 0, whole, start, total);
        MemorySegment b = MemorySegment.ofArray(whole);
        if (ipv6) {
            Bytes.put8(b, 20, header[54]);
            Bytes.put16(b, 18, total);
        } else {
            Ipv4.fragment(b, 14, 20 + total, 0, false);
        }
        return whole;
    }

    private static void check(boolean valid, String what) {
        if (!valid) {
            throw new AssertionError(what + " is wrong");
        }
    }

    static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text); // literals only
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
