package io.virtdataplane.manifest;

/**
 * An object as it stands in a file.
 *
 * @param text its own document, in YAML
 */
public record WrittenManifest(Manifest manifest, String text) {}
