package io.virtdataplane.cloudinit;

import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An address of either family, in the form of {@link Ip}, and how many of its 128 bits are the
 * network's.
 */
record Prefix(long high, long low, int bits) {
    private static final int IPV4_BITS = 96; // those before a mapped IPv4 address

    // inet_pton, which netplan asks, takes 010 for an error where Kubernetes takes it for 10.
    private static final Pattern LEADING_ZERO = Pattern.compile("(^|\\.)0[0-9]");
    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,3}");

    /** An address with its prefix length. */
    static Optional<Prefix> cidr(String text) {
        String[] parts = text.split("/", -1);
        if (parts.length != 2 || !LENGTH.matcher(parts[1]).matches()) {
            return Optional.empty();
        }
        return address(parts[0])
                .map(
                        host -> {
                            int before = host.isIpv4() ? IPV4_BITS : 0;
                            int length = before + Integer.parseInt(parts[1]);
                            return new Prefix(host.high, host.low, length);
                        })
                .filter(prefix -> prefix.bits <= 128);
    }

    /** An address alone. */
    static Optional<Prefix> address(String text) {
        if (text.indexOf(':') < 0 && LEADING_ZERO.matcher(text).find()) {
            return Optional.empty();
        }
        try {
            long[] address = AddressText.ip(text);
            return Optional.of(new Prefix(address[0], address[1], 128));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    boolean isIpv4() {
        return Ip.isMapped(high, low);
    }

    boolean isLinkLocal() {
        return Ip.isLinkLocal6(high);
    }

    boolean contains(Prefix other) {
        if (isIpv4() != other.isIpv4()) {
            return false;
        }
        long highMask = bits >= 64 ? -1L : bits == 0 ? 0 : -1L << 64 - bits;
        long lowMask = bits <= 64 ? 0 : -1L << 128 - bits;
        return ((high ^ other.high) & highMask) == 0 && ((low ^ other.low) & lowMask) == 0;
    }

    boolean isSameAddress(Prefix other) {
        return high == other.high && low == other.low;
    }

    String address() {
        return AddressText.ip(high, low);
    }

    /** As CIDR. */
    @Override
    public String toString() {
        return address() + "/" + (isIpv4() ? bits - IPV4_BITS : bits);
    }
}
