package io.virtdataplane.manifest;

import io.virtdataplane.wire.AddressText;

/**
 * An IPv4 network in CIDR notation as vmNetworkCIDR gives it: host bits are masked, the gateway is
 * the first host, the guest the second.
 */
public record Cidr(int network, int prefixLength) {
    private static final int SMALLEST_PREFIX = 30; // network, gateway, guest, broadcast

    static Cidr parse(String text, String field) {
        String[] parts = text.split("/", -1);
        try {
            int address = AddressText.ipv4(parts[0]);
            int prefix = parts.length == 2 ? Integer.parseInt(parts[1]) : -1;
            if (prefix >= 1 && prefix <= SMALLEST_PREFIX) {
                return new Cidr(address & -1 << 32 - prefix, prefix);
            }
        } catch (IllegalArgumentException e) {
            // said below, with the field
        }
        throw new InvalidManifestException(
                field
                        + " must be an IPv4 network with at least 4 addresses, such as 10.0.2.0/24: vmNetworkCIDR="
                        + text);
    }

    public int gateway() {
        return network + 1;
    }

    public int guest() {
        return network + 2;
    }
}
