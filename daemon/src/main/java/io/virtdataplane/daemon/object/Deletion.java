package io.virtdataplane.daemon.object;

import io.virtdataplane.manifest.ObjectKind;
import java.nio.file.Path;
import java.util.List;

/**
 * A deletion that may go on.
 *
 * @param kept what is kept; null: it cannot be read
 * @param unreadable its files that cannot be read
 */
record Deletion(ObjectKind kind, String name, String identity, Kept kept, List<Path> unreadable) {}
