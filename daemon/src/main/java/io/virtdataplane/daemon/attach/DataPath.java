package io.virtdataplane.daemon.nic;

import io.virtdataplane.daemon.attach.GuestDevice;
import io.virtdataplane.sys.Bpf;

/**
 * How frames of NICs behind pods are carried.
 *
 * @param hooks how programs are tied to devices
 * @param isFast the kernel may carry established flows, where it can
 */
public record DataPath(Bpf.Mechanism hooks, boolean isFast) {
    static final String ON = "on";

    /** Why the kernel cannot carry frames of this guest, or {@link #ON}. */
    String fastPath(GuestDevice guest) {
        if (!isFast) {
            return "off: by the setting fastPath";
        }
        return guest.isTap()
                ? "off: the guest has a tap of the daemon's, whose frames come to it"
                : ON;
    }
}
