package io.virtdataplane.daemon.journal;

import org.slf4j.Logger;

/**
 * Something that is tried again and again is logged once a reason, not once a try. One thread's.
 */
public final class Complaint {
    private final Logger log;
    private final String words;
    private String last = "";

    /**
     * @param words what does not work: "device plugins not updated, the daemon tries again"
     */
    public Complaint(Logger log, String words) {
        this.log = log;
        this.words = words;
    }

    public void raise(Throwable e) {
        raise(e.toString());
    }

    public void raise(String reason) {
        if (!reason.equals(last)) {
            last = reason;
            log.warn("{}: reason={}", words, reason);
        }
    }

    /** It works: the next failure is logged, whatever it is. */
    public void settle() {
        last = "";
    }
}
