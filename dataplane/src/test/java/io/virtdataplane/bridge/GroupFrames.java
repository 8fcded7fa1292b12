package io.virtdataplane.bridge;

import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Checksum;
import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmpv6;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import java.lang.foreign.MemorySegment;

/** Frames to groups, and messages about them, as hosts and routers send them. */
final class GroupFrames {
    static final int GROUP = 0xef0a_0a0a; // 239.10.10.10, as bridge_igmp has it
    static final int OTHER = 0xef0a_0a0b;
    static final int ROUTER = 0x0a00_00fe;
    static final long FF15 = 0xff15L << 48;
    static final long LINK_LOCAL = 0xfe80L << 48;
    static final long H0 = 0x5254_0000_0000L;
    static final long H1 = 0x5254_0000_0001L;
    static final long FF02 = 0xff02L << 48;
    private static final int IP = 14;

    private GroupFrames() {}

    static long mac4(int group) {
        return 0x0100_5e00_0000L | group & 0x7f_ffff;
    }

    static long mac6(long low) {
        return 0x3333_0000_0000L | low & 0xffff_ffffL;
    }

    static byte[] data4(long src, int group) {
        return ipv4(src, group, Protocols.UDP, 0x0a00_0001, new byte[16]);
    }

    /** {@code code}: the maximum response time as it is written; {@code v3}: of IGMPv3. */
    static byte[] query4(long src, int group, int code, int from, boolean v3) {
        byte[] message = new byte[v3 ? 12 : 8];
        message[0] = 0x11;
        message[1] = (byte) code;
        put32(message, 4, group);
        return ipv4(src, group == 0 ? 0xe000_0001 : group, Protocols.IGMP, from, checked(message));
    }

    static byte[] report4(long src, int group) {
        byte[] message = new byte[8];
        message[0] = 0x16;
        put32(message, 4, group);
        return ipv4(src, group, Protocols.IGMP, 0x0a00_0002, checked(message));
    }

    static byte[] leave4(long src, int group) {
        byte[] message = new byte[8];
        message[0] = 0x17;
        put32(message, 4, group);
        return ipv4(src, 0xe000_0002, Protocols.IGMP, 0x0a00_0002, checked(message));
    }

    /** IGMPv3, with one record for each group; {@code sources} addresses in each. */
    static byte[] report4(long src, int type, int sources, int... groups) {
        int record = 8 + 4 * sources;
        byte[] message = new byte[8 + record * groups.length];
        message[0] = 0x22;
        message[7] = (byte) groups.length;
        message[6] = (byte) (groups.length >> 8);
        for (int i = 0; i < groups.length; i++) {
            message[8 + record * i] = (byte) type;
            message[8 + record * i + 3] = (byte) sources;
            put32(message, 8 + record * i + 4, groups[i]);
        }
        return ipv4(src, 0xe000_0016, Protocols.IGMP, 0x0a00_0002, checked(message));
    }

    static byte[] ipv4(long src, int group, int protocol, int from, byte[] message) {
        byte[] frame = new byte[Math.max(60, IP + Ipv4.HEADER + message.length)];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, mac4(group), src);
        Ethernet.type(b, 0, Ethernet.IPV4);
        Ipv4.emit(b, IP, Ipv4.HEADER + message.length, protocol, from, group);
        System.arraycopy(message, 0, frame, IP + Ipv4.HEADER, message.length);
        return frame;
    }

    private static byte[] checked(byte[] igmp) {
        MemorySegment b = MemorySegment.ofArray(igmp);
        Bytes.put16(b, 2, ~Checksum.fold(Checksum.sum(b, 0, igmp.length)));
        return igmp;
    }

    private static void put32(byte[] bytes, int at, int value) {
        Bytes.put32(MemorySegment.ofArray(bytes), at, value);
    }

    static byte[] data6(long src, long high, long low) {
        return ipv6(src, 0xfe80L << 48, high, low, Protocols.UDP, new byte[16]);
    }

    /** MLDv1; the group all zero: a general one. {@code from}: high half of the sender's. */
    static byte[] query6(long src, long from, long high, long low, int response) {
        byte[] message = mld(130, high, low);
        Bytes.put16(MemorySegment.ofArray(message), 4, response);
        boolean general = (high | low) == 0;
        return routerAlert(src, from, general ? FF02 : high, general ? 1 : low, message);
    }

    static byte[] report6(long src, long high, long low) {
        return routerAlert(src, 0xfe80L << 48, high, low, mld(131, high, low));
    }

    /** MLDv2, one record. */
    static byte[] report6(long src, int type, long high, long low) {
        byte[] message = new byte[8 + 20];
        MemorySegment b = MemorySegment.ofArray(message);
        message[0] = (byte) 143;
        message[7] = 1;
        message[8] = (byte) type;
        Bytes.put64(b, 12, high);
        Bytes.put64(b, 20, low);
        return routerAlert(src, 0xfe80L << 48, FF02, 0x16, message);
    }

    private static byte[] mld(int type, long high, long low) {
        byte[] message = new byte[24];
        MemorySegment b = MemorySegment.ofArray(message);
        message[0] = (byte) type;
        Bytes.put64(b, 8, high);
        Bytes.put64(b, 16, low);
        return message;
    }

    /** Behind a hop-by-hop header with the router alert, hop limit 1, checksum filled in. */
    private static byte[] routerAlert(
            long src, long fromHigh, long high, long low, byte[] message) {
        byte[] payload = new byte[8 + message.length];
        payload[0] = Protocols.ICMPV6;
        payload[2] = 5; // RFC 2711: router alert, 2 bytes, value 0: MLD
        payload[3] = 2;
        payload[6] = 1; // PadN
        System.arraycopy(message, 0, payload, 8, message.length);
        byte[] frame = ipv6(src, fromHigh, high, low, 0, payload);
        MemorySegment b = MemorySegment.ofArray(frame);
        Ipv6.hopLimit(b, IP, 1);
        Icmpv6.checksumAnew(b, IP, IP + Ipv6.HEADER + 8, message.length);
        return frame;
    }

    private static byte[] ipv6(
            long src, long fromHigh, long high, long low, int next, byte[] payload) {
        byte[] frame = new byte[IP + Ipv6.HEADER + payload.length];
        MemorySegment b = MemorySegment.ofArray(frame);
        Ethernet.addresses(b, 0, mac6(low), src);
        Ethernet.type(b, 0, Ethernet.IPV6);
        Ipv6.emit(b, IP, payload.length, next, 64);
        Ipv6.src(b, IP, fromHigh, 0x5054_00ff_fe00_0001L);
        Ipv6.dst(b, IP, high, low);
        System.arraycopy(payload, 0, frame, IP + Ipv6.HEADER, payload.length);
        return frame;
    }
}
