package io.virtdataplane.manifest;

import io.virtdataplane.wire.AddressText;
import io.virtdataplane.wire.Ip;
import java.util.List;

/** What addresses of a Service have to be, in the words of Kubernetes, as {@link NameRules}. */
final class AddressRules {
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    private AddressRules() {}

    static List<String> address(String text) {
        try {
            AddressText.ip(text);
            return List.of();
        } catch (IllegalArgumentException e) {
            return List.of("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        }
    }

    /** One text for one address (RFC 5952). */
    static String canonical(String valid) {
        long[] address = AddressText.ip(valid);
        return AddressText.ip(address[0], address[1]);
    }

    static List<String> cidr(String text) {
        String[] parts = text.split("/", -1);
        int most = ServiceSpec.Family.of(text) == ServiceSpec.Family.IPv4 ? IPV4_BITS : IPV6_BITS;
        boolean isOne =
                parts.length == 2
                        && address(parts[0]).isEmpty()
                        && parts[1].matches("\\d{1,3}")
                        && Integer.parseInt(parts[1]) <= most;
        return isOne
                ? List.of()
                : List.of("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }

    /** Of a valid one that clients outside the node are to reach. */
    static List<String> reachable(String text) {
        long[] address = AddressText.ip(text);
        return Ip.isMapped(address[0], address[1])
                ? reachable4(Ip.ipv4(address[1]))
                : reachable6(address[0], address[1]);
    }

    private static List<String> reachable4(int address) {
        boolean isLinkLocalMulticast = address >>> 8 == 0xe00000;
        return rules(
                address == 0,
                address >>> 24 == 127,
                address >>> 16 == 0xa9fe,
                isLinkLocalMulticast);
    }

    private static List<String> reachable6(long high, long low) {
        boolean isLinkLocalMulticast = high >>> 48 == 0xff02;
        return rules(
                high == 0 && low == 0,
                high == 0 && low == 1,
                Ip.isLinkLocal6(high),
                isLinkLocalMulticast);
    }

    private static List<String> rules(
            boolean isUnspecified, boolean isLoopback, boolean isLinkLocal, boolean isMulticast) {
        if (isUnspecified) {
            return List.of("may not be unspecified (0.0.0.0 or ::)");
        }
        if (isLoopback) {
            return List.of("may not be in the loopback range (127.0.0.0/8, ::1/128)");
        }
        if (isLinkLocal) {
            return List.of("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
        }
        return isMulticast
                ? List.of("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
                : List.of();
    }
}
