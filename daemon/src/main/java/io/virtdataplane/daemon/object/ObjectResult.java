package io.virtdataplane.daemon.object;

import io.virtdataplane.manifest.ObjectKind;

/**
 * What one object of a request has become.
 *
 * @param change "created", "configured", "unchanged" or "deleted"
 */
public record ObjectResult(ObjectKind kind, String name, String change, Outcome outcome) {}
