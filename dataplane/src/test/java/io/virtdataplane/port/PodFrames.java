package io.virtdataplane.port;

import io.virtdataplane.wire.Ethernet;
import io.virtdataplane.wire.Icmp;
import io.virtdataplane.wire.Ipv4;
import io.virtdataplane.wire.Ipv6;
import io.virtdataplane.wire.Protocols;
import io.virtdataplane.wire.Tcp;
import io.virtdataplane.wire.Udp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Frames for the programs at a pod's devices, from and to the station of address 0. */
public final class PodFrames {
    static final int IP_AT = 14;
    static final int L4_AT = 34;
    private static final int PAYLOAD = 18;

    private PodFrames() {}

    public static byte[] udp(int src, int srcPort, int dst, int dstPort) {
        MemorySegment b = ethernet(Ethernet.IPV4, L4_AT + Udp.HEADER + PAYLOAD);
        Udp.emit4(b, L4_AT, srcPort, dstPort, Udp.HEADER + PAYLOAD, src, dst);
        Ipv4.emit(b, IP_AT, Ipv4.HEADER + Udp.HEADER + PAYLOAD, Protocols.UDP, src, dst);
        return bytes(b);
    }

    public static byte[] tcp(int src, int srcPort, int dst, int dstPort, int flags) {
        MemorySegment b = ethernet(Ethernet.IPV4, L4_AT + Tcp.HEADER);
        Tcp.emit(b, L4_AT, srcPort, dstPort, flags, 1, 1, 0);
        Ipv4.emit(b, IP_AT, Ipv4.HEADER + Tcp.HEADER, Protocols.TCP, src, dst);
        return bytes(b);
    }

    public static byte[] udp6(long[] src, int srcPort, long[] dst, int dstPort) {
        int l4 = IP_AT + Ipv6.HEADER;
        MemorySegment b = ethernet(Ethernet.IPV6, l4 + Udp.HEADER + PAYLOAD);
        Udp.emit(b, l4, srcPort, dstPort, Udp.HEADER + PAYLOAD, 0);
        Ipv6.emit(b, IP_AT, Udp.HEADER + PAYLOAD, Protocols.UDP, 64);
        Ipv6.src(b, IP_AT, src[0], src[1]);
        Ipv6.dst(b, IP_AT, dst[0], dst[1]);
        return bytes(b);
    }

    public static byte[] ping(int src, int dst, int type, int identifier) {
        MemorySegment b = ethernet(Ethernet.IPV4, L4_AT + Icmp.HEADER + PAYLOAD);
        Icmp.emit(b, L4_AT, type, 0, identifier << 16, Icmp.HEADER + PAYLOAD);
        Ipv4.emit(b, IP_AT, Ipv4.HEADER + Icmp.HEADER + PAYLOAD, Protocols.ICMP, src, dst);
        return bytes(b);
    }

    /** Port unreachable, about a frame of the above that came to {@code src}. */
    static byte[] unreachable(int src, int dst, byte[] about) {
        int quoted = about.length - IP_AT;
        MemorySegment b = ethernet(Ethernet.IPV4, L4_AT + Icmp.HEADER + quoted);
        MemorySegment.copy(about, IP_AT, b, ValueLayout.JAVA_BYTE, L4_AT + Icmp.HEADER, quoted);
        Icmp.emit(b, L4_AT, Icmp.DESTINATION_UNREACHABLE, 3, 0, Icmp.HEADER + quoted);
        Ipv4.emit(b, IP_AT, Ipv4.HEADER + Icmp.HEADER + quoted, Protocols.ICMP, src, dst);
        return bytes(b);
    }

    /** The same frame as a fragment of that offset, of more to come. */
    public static byte[] fragment(byte[] frame, int identification, int offset) {
        MemorySegment b = MemorySegment.ofArray(frame.clone());
        int word = 0x2000 | offset / 8;
        b.set(ValueLayout.JAVA_BYTE, IP_AT + 4, (byte) (identification >> 8));
        b.set(ValueLayout.JAVA_BYTE, IP_AT + 5, (byte) identification);
        b.set(ValueLayout.JAVA_BYTE, IP_AT + 6, (byte) (word >> 8));
        b.set(ValueLayout.JAVA_BYTE, IP_AT + 7, (byte) word);
        Ipv4.checksumAnew(b, IP_AT);
        return bytes(b);
    }

    private static MemorySegment ethernet(int type, int length) {
        MemorySegment b = MemorySegment.ofArray(new byte[length]);
        Ethernet.type(b, 0, type);
        return b;
    }

    private static byte[] bytes(MemorySegment b) {
        return b.toArray(ValueLayout.JAVA_BYTE);
    }
}
