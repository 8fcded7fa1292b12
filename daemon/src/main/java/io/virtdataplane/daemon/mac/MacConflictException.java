package io.virtdataplane.daemon.mac;

import io.virtdataplane.wire.AddressText;

/** Somebody has the address that was asked for. The first words are KubeMacPool's. */
public final class MacConflictException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private MacConflictException(String message) {
        super(message);
    }

    /** Another machine, or another NIC that stays, has it. */
    public static MacConflictException held(long mac, String nic, MacHolder holder) {
        return new MacConflictException(
                "failed to allocate requested mac address: "
                        + nic
                        + ".macAddress must not be another NIC's, or left out to get a free one: macAddress="
                        + AddressText.mac(mac)
                        + " holder="
                        + holder);
    }

    /** Two NICs of one machine ask for it. */
    public static MacConflictException twice(long mac, String nic, String other) {
        return new MacConflictException(
                "failed to allocate requested mac address: duplicate MAC address "
                        + AddressText.mac(mac)
                        + " found on interfaces: "
                        + nic
                        + " and "
                        + other);
    }
}
