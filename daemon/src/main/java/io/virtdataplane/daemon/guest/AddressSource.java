package io.virtdataplane.daemon.guest;

import java.util.Arrays;

/** How a guest's address is known, in the order in which sources are trusted. */
public enum AddressSource {
    /** The pod's address, which the NAT gives the guest outside. */
    POD("pod"),
    /** DHCP or DHCPv6 gave it to the guest. */
    LEASE("lease"),
    /** The agent in the guest says so. */
    AGENT("agent"),
    /** The guest was seen to use it, in ARP, Neighbor Discovery or DHCP. */
    OBSERVED("observed");

    private final String word;

    AddressSource(String word) {
        this.word = word;
    }

    /** As the API has it. */
    public String word() {
        return word;
    }

    /** By its {@link #word}. */
    public static AddressSource of(String word) {
        return Arrays.stream(values())
                .filter(source -> source.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such source: " + word));
    }
}
