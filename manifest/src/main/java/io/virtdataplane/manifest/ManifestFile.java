package io.virtdataplane.manifest;

import java.util.List;

/**
 * The objects of a file.
 *
 * @param objects those that the command takes, at least one
 * @param left all others
 */
public record ManifestFile(List<WrittenManifest> objects, List<LeftObject> left) {
    public ManifestFile {
        objects = List.copyOf(objects);
        left = List.copyOf(left);
    }
}
