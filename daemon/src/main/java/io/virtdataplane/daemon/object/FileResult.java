package io.virtdataplane.daemon.object;

import io.virtdataplane.manifest.LeftObject;
import java.util.List;

/**
 * What became of the objects of a file.
 *
 * @param left those that are not for this command
 */
public record FileResult(List<ObjectResult> objects, List<LeftObject> left) {
    public FileResult {
        objects = List.copyOf(objects);
        left = List.copyOf(left);
    }
}
