package io.virtdataplane.wire;

import java.util.Locale;

/** IP protocol numbers as people write them. */
public final class Protocols {
    public static final int ICMP = 1;
    public static final int IGMP = 2;
    public static final int TCP = 6;
    public static final int UDP = 17;
    public static final int DCCP = 33;
    public static final int GRE = 47;
    public static final int ESP = 50;
    public static final int ICMPV6 = 58;
    public static final int SCTP = 132;
    public static final int UDPLITE = 136;

    private Protocols() {}

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
        for (int protocol = 0; protocol < 256; protocol++) {
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
