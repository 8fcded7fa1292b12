package io.virtdataplane.wire;

import java.net.Inet6Address;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * MAC and IP addresses as people write them. Parsing never asks a name service. Not for the hot
 * path.
 */
public final class AddressText {
    private static final Pattern MAC = Pattern.compile("(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}");
    private static final Pattern IPV4 =
            Pattern.compile("0*(\\d{1,3})\\.0*(\\d{1,3})\\.0*(\\d{1,3})\\.0*(\\d{1,3})");

    private AddressText() {}

    public static String mac(long mac) {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            text.append(String.format("%02x", mac >>> shift & 0xff)).append(shift == 0 ? "" : ":");
        }
        return text.toString();
    }

    public static long mac(String text) {
        if (!MAC.matcher(text).matches()) {
            throw new IllegalArgumentException(
                    "MAC address must be six bytes such as 02:00:00:00:00:01: mac=" + text);
        }
        return Long.parseLong(text.replaceAll("[:-]", ""), 16);
    }

    public static String ipv4(int address) {
        return (address >>> 24)
                + "."
                + (address >>> 16 & 0xff)
                + "."
                + (address >>> 8 & 0xff)
                + "."
                + (address & 0xff);
    }

    /** Of either family, as {@link Ip} holds it; IPv6 as RFC 5952 writes it. */
    public static String ip(long high, long low) {
        return Ip.isMapped(high, low) ? ipv4(Ip.ipv4(low)) : ipv6(high, low);
    }

    private static String ipv6(long high, long low) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (int) ((i < 4 ? high : low) >>> 48 - 16 * (i & 3)) & 0xffff;
        }
        int start = -1;
        int longest = 1; // RFC 5952 4.2.2: one group alone is not shortened
        for (int i = 0; i < 8; i++) {
            int length = 0;
            while (i + length < 8 && groups[i + length] == 0) {
                length++;
            }
            if (length > longest) {
                start = i;
                longest = length;
            }
        }
        StringBuilder text = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == start) {
                text.append("::");
                i += longest - 1;
                continue;
            }
            boolean first = text.isEmpty() || text.charAt(text.length() - 1) == ':';
            text.append(first ? "" : ":").append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }

    /** An IPv6 address, high and low; an IPv4 tail is allowed, a zone is not. */
    public static long[] ipv6(String text) {
        try {
            if (text.indexOf(':') >= 0 && text.matches("[0-9a-fA-F:.]+")) {
                // A literal: no name service is asked. ofLiteral turns mapped ones into IPv4.
                byte[] bytes = Inet6Address.ofLiteral(text).getAddress();
                if (bytes.length == 16) {
                    ByteBuffer buffer = ByteBuffer.wrap(bytes);
                    return new long[] {buffer.getLong(), buffer.getLong()};
                }
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new IllegalArgumentException(
                "IPv6 address must be one as in RFC 4291: address=" + text);
    }

    /** An address of either family, as {@link Ip} holds it. */
    public static long[] ip(String text) {
        return text.indexOf(':') >= 0 ? ipv6(text) : new long[] {0, Ip.mapped(ipv4(text))};
    }

    /** Leading zeros count as decimal, as KubeVirt reads "10.10.010.0". */
    public static int ipv4(String text) {
        Matcher matcher = IPV4.matcher(text);
        int address = 0;
        boolean valid = matcher.matches();
        for (int i = 1; valid && i <= 4; i++) {
            int part = Integer.parseInt(matcher.group(i));
            valid = part <= 255;
            address = address << 8 | part;
        }
        if (!valid) {
            throw new IllegalArgumentException(
                    "IPv4 address must be four numbers 0-255: address=" + text);
        }
        return address;
    }
}
