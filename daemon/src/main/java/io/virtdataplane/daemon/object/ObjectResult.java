package io.virtdataplane.daemon.object;

import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.WrittenManifest;
import java.util.List;

/**
 * What one object of a request has become.
 *
 * @param change "created", "configured", "unchanged" or "deleted"
 * @param warnings what of it is left to others
 */
public record ObjectResult(
        ObjectKind kind, String name, String change, Outcome outcome, List<String> warnings) {
    static ObjectResult inForce(WrittenManifest written, String change) {
        return new ObjectResult(
                written.manifest().kind(),
                written.manifest().name(),
                change,
                Outcome.IN_FORCE,
                written.warnings());
    }
}
