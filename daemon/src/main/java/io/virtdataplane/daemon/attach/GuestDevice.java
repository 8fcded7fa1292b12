package io.virtdataplane.daemon.attach;

import io.virtdataplane.sys.NetDevice;

/**
 * The device behind which the guest is, in its pod's namespace.
 *
 * @param isTap made here; otherwise it exists
 */
public record GuestDevice(boolean isTap, String name) {
    private static final String DEFAULT = "dev:tap0";

    /** "tap:NAME" or "dev:NAME"; empty: dev:tap0. */
    public static GuestDevice parse(String text) {
        String guest = text.isEmpty() ? DEFAULT : text;
        if (!guest.startsWith("tap:") && !guest.startsWith("dev:")) {
            throw new IllegalArgumentException(
                    "guest must be tap:NAME or dev:NAME: guest=" + guest);
        }
        return new GuestDevice(guest.startsWith("tap:"), NetDevice.checkName(guest.substring(4)));
    }

    /** As {@link #parse} takes it. */
    @Override
    public String toString() {
        return (isTap ? "tap:" : "dev:") + name;
    }
}
