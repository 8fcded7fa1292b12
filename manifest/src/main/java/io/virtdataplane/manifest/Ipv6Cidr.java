package io.virtdataplane.manifest;

import io.virtdataplane.wire.AddressText;

/**
 * An IPv6 network in CIDR notation as vmIPv6NetworkCIDR gives it: host bits are masked, the gateway
 * is the first host, the guest the second.
 */
public record Ipv6Cidr(long networkHigh, long networkLow, int prefixLength) {
    private static final int SMALLEST_PREFIX = 126; // four addresses

    static Ipv6Cidr parse(String text, String field) {
        String[] parts = text.split("/", -1);
        try {
            long[] address = AddressText.ipv6(parts[0]);
            int prefix = parts.length == 2 ? Integer.parseInt(parts[1]) : -1;
            if (prefix >= 1 && prefix <= SMALLEST_PREFIX && isUnicast(address[0])) {
                long highMask = prefix >= 64 ? -1L : -1L << 64 - prefix;
                long lowMask = prefix <= 64 ? 0 : -1L << 128 - prefix;
                return new Ipv6Cidr(address[0] & highMask, address[1] & lowMask, prefix);
            }
        } catch (IllegalArgumentException e) {
            // said below, with the field
        }
        throw new InvalidManifestException(
                field
                        + " must be an IPv6 unicast network with at least 4 addresses, such as fd10:0:2::/120: vmIPv6NetworkCIDR="
                        + text);
    }

    /** Neither ::/64, nor link-local, nor multicast. */
    private static boolean isUnicast(long high) {
        return high != 0 && high >>> 54 != 0xfe80 >>> 6 && high >>> 56 != 0xff;
    }

    /** High and low long. */
    public long[] gateway() {
        return new long[] {networkHigh, networkLow + 1};
    }

    public long[] guest() {
        return new long[] {networkHigh, networkLow + 2};
    }
}
