package io.virtdataplane.dhcp;

import io.virtdataplane.wire.Bytes;
import io.virtdataplane.wire.Dhcp;
import java.lang.foreign.MemorySegment;

/** DHCP message, RFC 2131 2. Read only after {@link #fits}; fields keep the RFC's spelling. */
final class DhcpMessage {
    static final int DISCOVER = 1;
    static final int OFFER = 2;
    static final int REQUEST = Dhcp.REQUEST;
    static final int DECLINE = 4;
    static final int ACK = Dhcp.ACK;
    static final int NAK = 6;
    static final int RELEASE = 7;
    static final int INFORM = 8;
    static final int BOOTREQUEST = 1;
    static final int BOOTREPLY = 2;
    static final int OPTIONS = Dhcp.OPTIONS;
    static final int BROADCAST_FLAG = 0x8000;
    private static final int HTYPE_ETHERNET = 1;
    private static final int OP = 0;
    private static final int HTYPE = 1;
    private static final int HLEN = 2;
    private static final int HOPS = 3;
    private static final int SECS = 8;
    private static final int FLAGS = 10;
    static final int SIADDR = 20;
    private static final int GIADDR = 24;
    static final int SNAME = 44;
    static final int SNAME_LENGTH = 64;
    static final int FILE = 108;
    static final int FILE_LENGTH = 128;

    private DhcpMessage() {}

    static boolean fits(MemorySegment b, int at, int end) {
        return Dhcp.fits(b, at, end)
                && Bytes.u8(b, at + OP) == BOOTREQUEST
                && Bytes.u8(b, at + HTYPE) == HTYPE_ETHERNET
                && Bytes.u8(b, at + HLEN) == 6;
    }

    static int flags(MemorySegment b, int at) {
        return Bytes.u16(b, at + FLAGS);
    }

    static void setBroadcast(MemorySegment b, int at) {
        Bytes.put16(b, at + FLAGS, flags(b, at) | BROADCAST_FLAG);
    }

    static int ciaddr(MemorySegment b, int at) {
        return Dhcp.ciaddr(b, at);
    }

    static int giaddr(MemorySegment b, int at) {
        return Bytes.u32(b, at + GIADDR);
    }

    static long chaddr(MemorySegment b, int at) {
        return Dhcp.chaddr(b, at);
    }

    /**
     * Offset of the option's length byte, or -1: not there, or the list breaks off before it. Where
     * the client has overloaded them, {@code file} and {@code sname} are read too (RFC 2131 4.1).
     */
    static int option(MemorySegment b, int at, int end, int code) {
        int found = find(b, at + OPTIONS, end, code);
        if (found >= 0 || code == DhcpOptions.OVERLOAD) {
            return found;
        }
        int overload = option8(b, at, end, DhcpOptions.OVERLOAD);
        if ((overload & 1) != 0) {
            found = find(b, at + FILE, at + Dhcp.COOKIE, code);
        }
        if (found < 0 && (overload & 2) != 0) {
            found = find(b, at + SNAME, at + FILE, code);
        }
        return found;
    }

    private static int find(MemorySegment b, int from, int end, int code) {
        int i = from;
        while (i < end) {
            int found = Bytes.u8(b, i);
            if (found == DhcpOptions.END) {
                return -1;
            }
            if (found == DhcpOptions.PAD) {
                i++;
                continue;
            }
            if (i + 2 > end || i + 2 + Bytes.u8(b, i + 1) > end) {
                return -1;
            }
            if (found == code) {
                return i + 1;
            }
            i += 2 + Bytes.u8(b, i + 1);
        }
        return -1;
    }

    /** Value of a one-byte option, or 0. */
    static int option8(MemorySegment b, int at, int end, int code) {
        int option = option(b, at, end, code);
        return option >= 0 && Bytes.u8(b, option) == 1 ? Bytes.u8(b, option + 1) : 0;
    }

    /** Value of a two-byte option, or 0. */
    static int option16(MemorySegment b, int at, int end, int code) {
        int option = option(b, at, end, code);
        return option >= 0 && Bytes.u8(b, option) == 2 ? Bytes.u16(b, option + 1) : 0;
    }

    /** Copies the option's value into {@code to}; its length, or -1 where there is none. */
    static int optionBytes(MemorySegment b, int at, int end, int code, byte[] to) {
        int option = option(b, at, end, code);
        if (option < 0) {
            return -1;
        }
        int length = Bytes.u8(b, option);
        for (int i = 0; i < length; i++) {
            to[i] = (byte) Bytes.u8(b, option + 1 + i);
        }
        return length;
    }

    /** Value of an option that is an address, or 0. */
    static int optionAddress(MemorySegment b, int at, int end, int code) {
        int option = option(b, at, end, code);
        return option >= 0 && Bytes.u8(b, option) == 4 ? Bytes.u32(b, option + 1) : 0;
    }

    /**
     * Turns the request into the head of a reply (RFC 2131 table 3): htype, hlen, xid, flags,
     * giaddr and chaddr stay; hops, secs, siaddr, sname and file are zero.
     */
    static void reply(MemorySegment b, int at, int ciaddr, int yiaddr) {
        Bytes.put8(b, at + OP, BOOTREPLY);
        Bytes.put8(b, at + HOPS, 0);
        Bytes.put16(b, at + SECS, 0);
        Bytes.put32(b, at + Dhcp.CIADDR, ciaddr);
        Bytes.put32(b, at + Dhcp.YIADDR, yiaddr);
        Bytes.put32(b, at + SIADDR, 0);
        b.asSlice(at + SNAME, Dhcp.COOKIE - SNAME).fill((byte) 0);
    }
}
