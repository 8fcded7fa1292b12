package io.virtdataplane.dhcp;

import io.virtdataplane.wire.Bytes;
import java.lang.foreign.MemorySegment;

/**
 * DHCPv6 message between client and server, RFC 8415 8: type, transaction id, options of code and
 * length (16 bits each). Read only after {@link #fits}.
 */
final class Dhcpv6Message {
    static final int SOLICIT = 1;
    static final int ADVERTISE = 2;
    static final int REQUEST = 3;
    static final int CONFIRM = 4;
    static final int RENEW = 5;
    static final int REBIND = 6;
    static final int REPLY = 7;
    static final int RELEASE = 8;
    static final int DECLINE = 9;
    static final int INFORMATION_REQUEST = 11;

    static final int CLIENT_ID = 1;
    static final int SERVER_ID = 2;
    static final int IA_NA = 3;
    static final int IA_TA = 4;
    static final int IA_ADDRESS = 5;
    static final int STATUS_CODE = 13;
    static final int RAPID_COMMIT = 14;
    static final int DNS_SERVERS = 23;
    static final int DOMAIN_LIST = 24;
    static final int IA_PD = 25;

    static final int SUCCESS = 0;
    static final int NO_ADDRESS_AVAILABLE = 2;
    static final int NOT_ON_LINK = 4;
    static final int NO_PREFIX_AVAILABLE = 6;

    static final int OPTIONS = 4;
    static final int OPTION_HEADER = 4;
    static final int IA_NA_FIXED = 12; // IAID, T1, T2
    static final int IA_TA_FIXED = 4; // IAID
    static final int IA_ADDRESS_FIXED = 24; // address, preferred and valid lifetime
    private static final int LONGEST_DUID = 130; // RFC 8415 11.1, with its type

    private Dhcpv6Message() {}

    /** The options fill the message exactly, and a client identifier is of a length that may be. */
    static boolean fits(MemorySegment b, int at, int end) {
        if (at + OPTIONS > end || !optionsFit(b, at + OPTIONS, end)) {
            return false;
        }
        int client = option(b, at + OPTIONS, end, CLIENT_ID);
        return client < 0 || length(b, client) >= 1 && length(b, client) <= LONGEST_DUID;
    }

    private static boolean optionsFit(MemorySegment b, int from, int end) {
        int i = from;
        while (i + OPTION_HEADER <= end) {
            i += OPTION_HEADER + length(b, i);
        }
        return i == end;
    }

    static int type(MemorySegment b, int at) {
        return Bytes.u8(b, at);
    }

    static int transactionId(MemorySegment b, int at) {
        return Bytes.u32(b, at) & 0xff_ffff;
    }

    static int code(MemorySegment b, int option) {
        return Bytes.u16(b, option);
    }

    static int length(MemorySegment b, int option) {
        return Bytes.u16(b, option + 2);
    }

    /** Offset of the option behind this one. */
    static int next(MemorySegment b, int option) {
        return option + OPTION_HEADER + length(b, option);
    }

    /** Offset of the first option of this code between {@code from} and {@code end}, or -1. */
    static int option(MemorySegment b, int from, int end, int code) {
        for (int i = from; i + OPTION_HEADER <= end; i = next(b, i)) {
            if (next(b, i) > end) {
                return -1;
            }
            if (code(b, i) == code) {
                return i;
            }
        }
        return -1;
    }
}
