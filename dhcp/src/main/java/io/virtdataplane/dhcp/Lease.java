package io.virtdataplane.dhcp;

/**
 * Who holds the scope's address.
 *
 * @param prefixLength of the address's network
 * @param mac of the client, or 0 when nobody has asked for it
 * @param seconds the lease's length
 * @param ageSeconds since it was last given
 */
public record Lease(int address, int prefixLength, long mac, long seconds, long ageSeconds) {}
