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
    /** Reads its files; the highest sequence among them, or 0. */
    long load() {
        ObjectFiles.All all = files.all();
        all.inForce().forEach(kept -> inForce.put(kept.manifest().identity(), kept));
        for (Kept kept : all.waiting()) {
            String identity = kept.manifest().identity();
            Kept held = inForce.get(identity);
            if (held != null && held.sequence() >= kept.sequence()) {
                files.removeWaiting(identity); // it came in force, and was not removed yet
            } else {
                waiting.put(identity, kept);
            }
        }
        unreadable.putAll(all.unreadable());
        return Stream.concat(all.inForce().stream(), all.waiting().stream())
                .mapToLong(Kept::sequence)
                .max()
                .orElse(0);
    }

    /** What waits before what is in force. */
    Stream<Kept> kept() {
        return Stream.concat(waiting.values().stream(), inForce.values().stream());
    }

    /** By the name that users call it by; null where there is none. */
    Kept named(String name) {
        return kept().filter(kept -> kept.manifest().name().equals(name)).findFirst().orElse(null);
    }

    /** Null where there is none. */
    Kept identified(String identity) {
        return waiting.getOrDefault(identity, inForce.get(identity));
    }

    List<Path> unreadableFiles(String identity) {
        return files.files(identity).stream().filter(unreadable::containsKey).toList();
    }
}
