package io.virtdataplane.cloudinit;

import java.util.List;
import java.util.Optional;

/**
 * One entry of {@code ethernets}, as far as its fields make sense alone.
 *
 * @param match none: its key is the device's name
 */
record EthernetSettings(
        Located at,
        Optional<Match> match,
        Optional<Located> setName,
        List<Address> addresses,
        List<Hop> hops) {
    /**
     * Which device it is.
     *
     * @param mac match.macaddress, or 0
     */
    record Match(long mac, Optional<Located> macAt) {}

    record Address(Located at, Prefix prefix) {}

    /** A gateway, or the next hop of a route. */
    record Hop(Located at, Prefix via) {}

    long mac() {
        return match.map(Match::mac).orElse(0L);
    }

    Optional<Located> macAt() {
        return match.flatMap(Match::macAt);
    }

    String key() {
        return at.name();
    }

    /** What the guest will call the device, where that is known from here. */
    Optional<String> deviceName() {
        if (setName.isPresent()) {
            return setName.flatMap(Located::text);
        }
        return match.isPresent() ? Optional.empty() : Optional.of(key());
    }
}
