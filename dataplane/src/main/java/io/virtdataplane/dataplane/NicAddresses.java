package io.virtdataplane.dataplane;

/**
 * Who is who on a guest NIC.
 *
 * @param guestMac the only source MAC allowed, or {@link Nic#UNKNOWN_MAC} to learn the first
 * @param gatewayMac MAC address under which the gateway answers
 */
public record NicAddresses(long guestMac, long gatewayMac, DualStack ip) {}
