package io.virtdataplane.daemon.guest;

import java.util.List;

/**
 * A NIC of a guest, as the data plane knows it.
 *
 * @param name of the interface in the manifest
 * @param mac empty: not known
 * @param isMasquerade it stands behind its pod's addresses
 * @param own the addresses that are the guest's by DHCP, leased or not: whichever interface of the
 *     guest has one of them is this NIC
 * @param addresses what the data plane knows; nothing that an agent said
 */
public record KnownNic(
        String name,
        String mac,
        boolean isMasquerade,
        List<String> own,
        List<KnownAddress> addresses) {
    boolean has(AddressSource source, String address) {
        return addresses.stream()
                .anyMatch(each -> each.source() == source && each.address().equals(address));
    }
}
