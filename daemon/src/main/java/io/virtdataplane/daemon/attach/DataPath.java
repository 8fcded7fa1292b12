package io.virtdataplane.daemon.attach;

import io.virtdataplane.sys.Bpf;

/**
 * How guests' frames are carried.
 *
 * @param hooks how programs are tied to devices
 * @param isFast the kernel may carry established flows, where it can
 */
public record DataPath(Bpf.Mechanism hooks, boolean isFast) {
    public static final String ON = "on";

    /** Why the kernel cannot carry frames of this guest, or {@link #ON}. */
    public String fastPath(GuestDevice guest) {
        if (!isFast) {
            return "off: by the setting fastPath";
        }
        return guest.isTap()
                ? "off: the guest has a tap of the daemon's, whose frames come to it"
                : ON;
    }
}
