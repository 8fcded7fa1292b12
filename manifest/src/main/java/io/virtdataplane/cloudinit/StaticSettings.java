package io.virtdataplane.cloudinit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a guest is not to ask for but to be told: the words of the command line.
 *
 * @param addresses INTERFACE=CIDR; the interface by its name in the manifest or as eth0, eth1, ...
 * @param staticIpv6 give the pod NIC its IPv6 address and gateway
 */
public record StaticSettings(
        List<String> addresses,
        List<String> gateways,
        List<String> nameservers,
        boolean staticIpv6) {
    public static final StaticSettings NONE =
            new StaticSettings(List.of(), List.of(), List.of(), false);

    /** The prefix by its text, in order, with the interface it is for. */
    Map<Prefix, String> interfaceByPrefix() {
        Map<Prefix, String> prefixes = new LinkedHashMap<>();
        for (String text : addresses) {
            int sign = text.indexOf('=');
            Prefix prefix =
                    Prefix.cidr(text.substring(sign + 1))
                            .filter(any -> sign > 0)
                            .orElseThrow(
                                    () ->
                                            new IllegalArgumentException(
                                                    "address must be INTERFACE=CIDR, such as eth1=10.10.10.14/24: address="
                                                            + text));
            if (prefixes.put(prefix, text.substring(0, sign)) != null) {
                throw new IllegalArgumentException("address must be given once: address=" + text);
            }
        }
        return prefixes;
    }
}
