package io.virtdataplane.wire;

import java.lang.foreign.MemorySegment;

/**
 * What a guard reads of a DHCP message, RFC 2131 2: fixed fields, and the type that is among the
 * first options. {@code at} is the message's offset; read only after {@link #fits}.
 */
public final class Dhcp {
    public static final int SERVER_PORT = 67;
    public static final int CLIENT_PORT = 68;
    public static final int REQUEST = 3;
    public static final int ACK = 5;
    public static final int CIADDR = 12;
    public static final int YIADDR = 16;
    public static final int CHADDR = 28;
    public static final int COOKIE = 236;
    public static final int OPTIONS = 240;
    public static final int MAGIC_COOKIE = 0x6382_5363;
    public static final int PAD = 0;
    public static final int MESSAGE_TYPE = 53;
    public static final int END = 255;

    private Dhcp() {}

    public static boolean fits(MemorySegment b, int at, int end) {
        return at + OPTIONS <= end && Bytes.u32(b, at + COOKIE) == MAGIC_COOKIE;
    }

    public static int ciaddr(MemorySegment b, int at) {
        return Bytes.u32(b, at + CIADDR);
    }

    public static int yiaddr(MemorySegment b, int at) {
        return Bytes.u32(b, at + YIADDR);
    }

    public static long chaddr(MemorySegment b, int at) {
        return Bytes.u48(b, at + CHADDR);
    }

    /** 0 where the options field has none. */
    public static int messageType(MemorySegment b, int at, int end) {
        int i = at + OPTIONS;
        while (i + 2 < end) {
            int code = Bytes.u8(b, i);
            if (code == MESSAGE_TYPE) {
                return Bytes.u8(b, i + 2);
            }
            if (code == END) {
                return 0;
            }
            i += code == PAD ? 1 : 2 + Bytes.u8(b, i + 1);
        }
        return 0;
    }

    /**
     * Whether a packet is a client's request to keep the address that it sends from, as in the
     * states RENEWING and REBINDING (RFC 2131 4.3.2). Where that address is wrong, only a server's
     * NAK tells the client so.
     *
     * @param l3 of an IPv4 header that fits
     * @param end of the packet
     */
    public static boolean asksToKeepItsAddress(MemorySegment b, int l3, int end) {
        int l4 = l3 + Ipv4.headerLength(b, l3);
        int at = l4 + Udp.HEADER;
        return Ipv4.protocol(b, l3) == Protocols.UDP
                && !Ipv4.isFragment(b, l3)
                && Udp.fits(b, l4, end)
                && Udp.srcPort(b, l4) == CLIENT_PORT
                && Udp.dstPort(b, l4) == SERVER_PORT
                && fits(b, at, end)
                && ciaddr(b, at) == Ipv4.src(b, l3)
                && messageType(b, at, end) == REQUEST;
    }
}
