package io.virtdataplane.wire;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * MAC and IPv4 addresses as people write them. Parsing never asks a name service. Not for the hot
 * path.
 */
public final class AddressText {
    private static final Pattern MAC = Pattern.compile("(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}");
    private static final Pattern IPV4 =
            Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");

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
