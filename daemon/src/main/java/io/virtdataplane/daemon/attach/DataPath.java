package io.virtdataplane.daemon.attach;

import io.virtdataplane.sys.Bpf;

/**
 * How guests' frames are carried.
 *
 * @param hooks how programs are tied to devices
 * @param isFast the kernel may carry established flows, where it can
 * @param fastSessions of a NIC, that the kernel may carry at a time; 0: a part of its limit
 */
public record DataPath(Bpf.Mechanism hooks, boolean isFast, int fastSessions) {
    public static final String ON = "on";
    private static final int FEWEST = 4096;
    private static final int PART = 8;

    /**
     * How many sessions of a NIC with that limit the kernel may carry. By default few, since all of
     * the table is there from the start.
     */
    public int fastSessions(int limit) {
        int most = fastSessions == 0 ? Math.max(FEWEST, limit / PART) : fastSessions;
        return Math.min(limit, most);
    }

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
