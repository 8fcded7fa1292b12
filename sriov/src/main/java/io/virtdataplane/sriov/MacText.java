package io.virtdataplane.sriov;

/** A MAC address in a long, and in words. */
public final class MacText {
    private MacText() {}

    public static String of(long mac) {
        StringBuilder text = new StringBuilder();
        for (int shift = 40; shift >= 0; shift -= 8) {
            text.append(shift == 40 ? "" : ":").append("%02x".formatted(mac >>> shift & 0xff));
        }
        return text.toString();
    }

    public static long parse(String text) {
        if (!text.matches("([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}")) {
            throw new IllegalArgumentException(
                    "mac must be six bytes such as 02:00:00:00:00:01: mac=" + text);
        }
        return Long.parseLong(text.replaceAll("[:-]", ""), 16);
    }
}
