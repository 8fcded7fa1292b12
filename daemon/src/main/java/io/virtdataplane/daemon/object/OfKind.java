package io.virtdataplane.daemon.object;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** One kind: who reconciles it, its files, and what is kept of it, by identity. */
record OfKind(
        Reconciler reconciler,
        ObjectFiles files,
        Map<String, Kept> inForce,
        Map<String, Kept> waiting,
        Map<Path, String> unreadable) {
    /** By the name that users call it by; null where there is none. */
    Kept named(String name) {
        return Stream.concat(waiting.values().stream(), inForce.values().stream())
                .filter(kept -> kept.manifest().name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** Null where there is none. */
    Kept identified(String identity) {
        return waiting.getOrDefault(identity, inForce.get(identity));
    }

    List<Path> unreadableFiles(String identity) {
        return files.files(identity).stream().filter(unreadable::containsKey).toList();
    }
}
