package io.virtdataplane.manifest;

import java.util.List;

/**
 * An object as it stands in a file.
 *
 * @param text its own document, in YAML
 * @param warnings what of it is left to others
 */
public record WrittenManifest(Manifest manifest, String text, List<String> warnings) {
    public WrittenManifest {
        warnings = List.copyOf(warnings);
    }
}
