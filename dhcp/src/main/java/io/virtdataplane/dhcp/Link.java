package io.virtdataplane.dhcp;

/**
 * What clients are to know of their link.
 *
 * @param prefixLength of its network
 * @param mtu bytes
 */
public record Link(int prefixLength, int mtu) {}
