package io.virtdataplane.wire;

import java.util.Locale;

/**
 * Numbers of IP protocols and IPv6 extension headers, which share one register (IANA, Assigned
 * Internet Protocol Numbers), and their names as people write them.
 */
public final class Protocols {
    public static final int HOP_BY_HOP = 0; // RFC 8200 4.3
    public static final int ICMP = 1; // RFC 792
    public static final int IGMP = 2; // RFC 3376
    public static final int TCP = 6; // RFC 9293
    public static final int UDP = 17; // RFC 768
    public static final int DCCP = 33; // RFC 4340
    public static final int ROUTING = 43; // RFC 8200 4.4
    public static final int FRAGMENT = 44; // RFC 8200 4.5
    public static final int GRE = 47; // RFC 2784
    public static final int ESP = 50; // RFC 4303
    public static final int AH = 51; // RFC 4302
    public static final int ICMPV6 = 58; // RFC 4443
    public static final int NO_NEXT_HEADER = 59; // RFC 8200 4.7
    public static final int DESTINATION_OPTIONS = 60; // RFC 8200 4.6
    public static final int PIM = 103; // RFC 7761
    public static final int SCTP = 132; // RFC 9260
    public static final int UDPLITE = 136; // RFC 3828
    private static final int COUNT = 256;

    private Protocols() {}

    /** What a flow may be of; the number where it has no name here. */
    public static String name(int protocol) {
        return switch (protocol) {
            case ICMP -> "ICMP";
            case TCP -> "TCP";
            case UDP -> "UDP";
            case DCCP -> "DCCP";
            case GRE -> "GRE";
            case ESP -> "ESP";
            case ICMPV6 -> "ICMPv6";
            case SCTP -> "SCTP";
            case UDPLITE -> "UDPLITE";
            default -> Integer.toString(protocol);
        };
    }

    /** A name in any case, or a number 0-255. "icmp" is ICMP's number; IPv6's is another. */
    public static int number(String text) {
        for (int protocol = 0; protocol < COUNT; protocol++) {
            if (name(protocol).toLowerCase(Locale.ROOT).equals(text.toLowerCase(Locale.ROOT))
                    || Integer.toString(protocol).equals(text)) {
                return protocol;
            }
        }
        throw new IllegalArgumentException(
                "protocol must be tcp, udp, icmp, icmpv6, sctp, udplite, gre, esp or 0-255: protocol="
                        + text);
    }
}
