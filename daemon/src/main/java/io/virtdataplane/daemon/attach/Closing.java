package io.virtdataplane.daemon.attach;

/** Closes several things, all of them whatever fails on the way. */
public final class Closing {
    private Closing() {}

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
