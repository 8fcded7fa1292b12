package io.virtdataplane.daemon.rpc;

import org.slf4j.Logger;

/** A log that strangers cannot fill: so many lines in ten seconds, and how many were left out. */
final class Sparse {
    private static final int MOST = 5;
    private static final long WINDOW_NS = 10_000_000_000L;
    private final Logger log;
    private long windowNs = System.nanoTime();
    private int lines;
    private long leftOut;

    Sparse(Logger log) {
        this.log = log;
    }

    synchronized void warn(String words) {
        long now = System.nanoTime();
        if (now - windowNs >= WINDOW_NS) {
            if (leftOut > 0) {
                log.warn("lines like the next one were left out: count={}", leftOut);
            }
            windowNs = now;
            lines = 0;
            leftOut = 0;
        }
        if (lines < MOST) {
            lines++;
            log.warn(words);
        } else {
            leftOut++;
        }
    }
}
