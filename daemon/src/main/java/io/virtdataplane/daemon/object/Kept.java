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
        Manifest manifest, String text, ApplyOptions options, long sequence, String givenUp) {}
