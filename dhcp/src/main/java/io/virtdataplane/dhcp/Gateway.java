package io.virtdataplane.dhcp;

/** Who answers: the server, which is the gateway of a masquerade NIC. IPv4, network order. */
public record Gateway(long mac, int address) {}
