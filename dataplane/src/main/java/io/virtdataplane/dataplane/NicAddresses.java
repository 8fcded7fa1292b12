package io.virtdataplane.dataplane;

/**
 * Who is who on a guest NIC.
 *
 * @param guestMac until the guest sends from another one; {@link Nic#UNKNOWN_MAC}: until its first
 *     frame
 * @param pinned the guest may not send from another one
 * @param gatewayMac MAC address under which the gateway answers
 */
public record NicAddresses(long guestMac, boolean pinned, long gatewayMac, DualStack ip) {
    public NicAddresses {
        if (pinned && guestMac == Nic.UNKNOWN_MAC) {
            throw new IllegalArgumentException("a MAC address must be known to be pinned");
        }
    }

    /** Of a guest that may send from any MAC address. */
    public NicAddresses(long guestMac, long gatewayMac, DualStack ip) {
        this(guestMac, false, gatewayMac, ip);
    }
}
