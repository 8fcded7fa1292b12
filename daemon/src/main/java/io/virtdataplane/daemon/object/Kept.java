package io.virtdataplane.daemon.object;

import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.ObjectName;

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

    ObjectName object() {
        return new ObjectName(manifest.kind(), manifest.identity());
    }

    /** That version of the object, applied with the same options. */
    boolean is(Manifest other, ApplyOptions with) {
        return manifest.equals(other) && options.equals(with);
    }

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
