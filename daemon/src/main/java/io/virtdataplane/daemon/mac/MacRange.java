package io.virtdataplane.daemon.mac;

import io.virtdataplane.wire.AddressText;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The MAC addresses that a pool may choose, both ends with them; 48 bits each. All begin with the
 * same byte, so that none is a group address.
 */
public record MacRange(long first, long last) {
    /** Of every masquerade gateway: guests may not have it. */
    public static final long GATEWAY = 0x0200_0000_0000L;

    private static final long GROUP = 0x0100_0000_0000L;
    private static final int FIRST_BYTE_SHIFT = 40;
    private static final int SHARE_BITS = 24;

    public MacRange {
        if ((first & GROUP) != 0) {
            throw new IllegalArgumentException(
                    "macPool.start must be a unicast MAC address: start=" + AddressText.mac(first));
        }
        if (first > last) {
            throw new IllegalArgumentException(
                    "macPool.end must not be below start: " + text(first, last));
        }
        if (first >>> FIRST_BYTE_SHIFT != last >>> FIRST_BYTE_SHIFT) {
            throw new IllegalArgumentException(
                    "macPool.end must begin with the same byte as start, as addresses with an odd one are group addresses: "
                            + text(first, last));
        }
        if (first == GATEWAY && last == GATEWAY) {
            throw new IllegalArgumentException(
                    "macPool must have another address than the masquerade gateway's: "
                            + text(first, last));
        }
    }

    /**
     * As settings give it.
     *
     * @param start and end: both, or both empty for {@link #ofSite}
     * @param site a name that no other site nearby has, and that stays
     * @throws IllegalArgumentException with the rule that is broken
     */
    public static MacRange of(String start, String end, String site) {
        if (start.isEmpty() != end.isEmpty()) {
            throw new IllegalArgumentException(
                    "macPool.start and macPool.end must be given both or not at all: start="
                            + start
                            + " end="
                            + end);
        }
        return start.isEmpty()
                ? ofSite(site)
                : new MacRange(address("start", start), address("end", end));
    }

    /**
     * 02:XX:XX:00:00:00 to 02:XX:XX:ff:ff:ff. The two bytes are a digest of the site's name: as
     * good as drawn by lot, and the same after each restart without being kept.
     */
    public static MacRange ofSite(String site) {
        byte[] digest = sha256(site);
        long share = 0x02_0000L | (digest[0] & 0xff) << 8 | digest[1] & 0xff;
        long first = share << SHARE_BITS;
        return new MacRange(first, first | (1L << SHARE_BITS) - 1);
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static long address(String setting, String text) {
        try {
            return AddressText.mac(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "macPool."
                            + setting
                            + " must be six bytes such as 02:00:00:00:00:01: "
                            + setting
                            + "="
                            + text,
                    e);
        }
    }

    public boolean contains(long mac) {
        return first <= mac && mac <= last;
    }

    /** How many addresses a guest may have of it. */
    public long size() {
        return last - first + 1 - (contains(GATEWAY) ? 1 : 0);
    }

    private static String text(long first, long last) {
        return "start=" + AddressText.mac(first) + " end=" + AddressText.mac(last);
    }

    @Override
    public String toString() {
        return AddressText.mac(first) + "-" + AddressText.mac(last);
    }
}
