package io.virtdataplane.cloudinit;

import java.util.List;
import java.util.Optional;

/**
 * One entry of {@code ethernets}, as far as its fields make sense alone.
 *
 * @param isMatched it has a match; otherwise its key is the device's name
 * @param mac match.macaddress, or 0
 */
record EthernetSettings(
        Located at,
        boolean isMatched,
        long mac,
        Optional<Located> macAt,
        Optional<Located> setName,
        List<Address> addresses,
        List<Hop> hops) {
    record Address(Located at, Prefix prefix) {}

    /** A gateway, or the next hop of a route. */
    record Hop(Located at, Prefix via) {}

    String key() {
        return at.name();
    }

    /** What the guest will call the device, where that is known from here. */
    Optional<String> deviceName() {
        if (setName.isPresent()) {
            return setName.flatMap(Located::text);
        }
        return isMatched ? Optional.empty() : Optional.of(key());
    }
}
