package io.virtdataplane.daemon.attach;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes several things, all of them whatever fails on the way. */
public final class Closing {
    private static final Logger LOG = LoggerFactory.getLogger(Closing.class);

    private Closing() {}

    /** As {@link #all}, where nobody can do anything about what fails: it is logged. */
    public static void allThatCan(String of, AutoCloseable... parts) {
        try {
            all(of, parts);
        } catch (IllegalStateException e) {
            LOG.warn("not closed cleanly: of={}", of, e);
        }
    }

    /**
     * In this order; nulls were not opened.
     *
     * @param of whose they are, for the message
     */
    public static void all(String of, AutoCloseable... parts) {
        IllegalStateException failed = null;
        for (AutoCloseable part : parts) {
            try {
                if (part != null) {
                    part.close();
                }
            } catch (Exception e) {
                failed = new IllegalStateException("close " + of, e);
            }
        }
        if (failed != null) {
            throw failed;
        }
    }
}
