package io.virtdataplane.nat;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.pcap4j.packet.AbstractPacket;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IcmpV4EchoPacket;
import org.pcap4j.packet.IcmpV4EchoReplyPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.IpV4Rfc791Tos;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.packet.UnknownPacket;
import org.pcap4j.packet.namednumber.EtherType;
import org.pcap4j.packet.namednumber.IcmpV4Code;
import org.pcap4j.packet.namednumber.IcmpV4Type;
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
                        .payloadBuilder(new UnknownPacket.Builder().rawData(PAYLOAD)));
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
        return icmp(
                src,
                dst,
                IcmpV4Type.ECHO,
                new IcmpV4EchoPacket.Builder()
                        .identifier((short) identifier)
                        .sequenceNumber((short) 1));
    }

    static byte[] pong(String src, String dst, int identifier) {
        return icmp(
                src,
                dst,
                IcmpV4Type.ECHO_REPLY,
                new IcmpV4EchoReplyPacket.Builder()
                        .identifier((short) identifier)
                        .sequenceNumber((short) 1));
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

    static byte[] ip(
            String src,
            String dst,
            IpNumber protocol,
            int ttl,
            AbstractPacket.AbstractBuilder payload) {
        return ethernet(
                new IpV4Packet.Builder()
                        .version(IpVersion.IPV4)
                        .tos(IpV4Rfc791Tos.newInstance((byte) 0))
                        .ttl((byte) ttl)
                        .protocol(protocol)
                        .srcAddr(address(src))
                        .dstAddr(address(dst))
                        .payloadBuilder(payload)
                        .correctChecksumAtBuild(true)
                        .correctLengthAtBuild(true));
    }

    private static byte[] ethernet(AbstractPacket.AbstractBuilder payload) {
        return new EthernetPacket.Builder()
                .srcAddr(GUEST_MAC)
                .dstAddr(GATEWAY_MAC)
                .type(EtherType.IPV4)
                .payloadBuilder(payload)
                .paddingAtBuild(true)
                .build()
                .getRawData();
    }

    static IpV4Packet ipOf(byte[] frame) {
        try {
            return EthernetPacket.newPacket(frame, 0, frame.length).get(IpV4Packet.class);
        } catch (Exception e) {
            throw new AssertionError("pcap4j cannot read the frame", e);
        }
    }

    /** "src:port > dst:port" as pcap4j reads it, every checksum checked on the way. */
    static String flow(byte[] frame) {
        IpV4Packet ip = ipOf(frame);
        Inet4Address src = ip.getHeader().getSrcAddr();
        Inet4Address dst = ip.getHeader().getDstAddr();
        check(ip.getHeader().hasValidChecksum(false), "IPv4 checksum");
        String ports =
                switch (ip.getHeader().getProtocol().value()) {
                    case 6 -> {
                        TcpPacket tcp = ip.get(TcpPacket.class);
                        check(tcp.hasValidChecksum(src, dst, false), "TCP checksum");
                        yield tcp.getHeader().getSrcPort().valueAsInt()
                                + " "
                                + tcp.getHeader().getDstPort().valueAsInt();
                    }
                    case 17 -> {
                        UdpPacket udp = ip.get(UdpPacket.class);
                        check(udp.hasValidChecksum(src, dst, true), "UDP checksum");
                        yield udp.getHeader().getSrcPort().valueAsInt()
                                + " "
                                + udp.getHeader().getDstPort().valueAsInt();
                    }
                    default -> {
                        check(
                                ip.get(IcmpV4CommonPacket.class).hasValidChecksum(false),
                                "ICMP checksum");
                        int identifier =
                                ip.contains(IcmpV4EchoPacket.class)
                                        ? ip.get(IcmpV4EchoPacket.class)
                                                .getHeader()
                                                .getIdentifierAsInt()
                                        : ip.get(IcmpV4EchoReplyPacket.class)
                                                .getHeader()
                                                .getIdentifierAsInt();
                        yield identifier + " " + identifier;
                    }
                };
        String[] port = ports.split(" ");
        return src.getHostAddress() + ":" + port[0] + " > " + dst.getHostAddress() + ":" + port[1];
    }

    private static void check(boolean valid, String what) {
        if (!valid) {
            throw new AssertionError(what + " is wrong");
        }
    }

    private static Inet4Address address(String text) {
        try {
            return (Inet4Address) InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
