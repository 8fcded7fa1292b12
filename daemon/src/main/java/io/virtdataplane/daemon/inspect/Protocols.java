package io.virtdataplane.daemon.inspect;

import java.util.Locale;

/** IP protocol numbers as people write them. */
public final class Protocols {
    private Protocols() {}

    public static String name(int protocol) {
        return switch (protocol) {
            case 1 -> "ICMP";
            case 6 -> "TCP";
            case 17 -> "UDP";
            case 33 -> "DCCP";
            case 47 -> "GRE";
            case 50 -> "ESP";
            case 58 -> "ICMPv6";
            case 132 -> "SCTP";
            case 136 -> "UDPLITE";
            default -> Integer.toString(protocol);
        };
    }

    /** A name in any case, or a number 0-255. "icmp" is ICMP's number; IPv6's is another. */
    static int number(String text) {
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
