package io.virtdataplane.daemon.object;

import io.virtdataplane.manifest.Manifest;

/**
 * An object as it is kept over a restart.
 *
 * @param text its document
 * @param sequence of the objects applied: some build on earlier ones
 * @param givenUp why it is not tried again; empty: it is in force, or waits to be
 */
public record Kept(
        Manifest manifest, String text, ApplyOptions options, long sequence, String givenUp) {
    /** What is found where the daemon, or its node, died of it. */
    private static final String BEING_TRIED = "the daemon ended while it was being tried";

    Kept beingTried() {
        return new Kept(manifest, text, options, sequence, BEING_TRIED);
    }

    Kept waiting(String why) {
        return new Kept(manifest, text, options, sequence, why);
    }

    Kept inForce(long itsSequence) {
        return new Kept(manifest, text, options, itsSequence, "");
    }
}
