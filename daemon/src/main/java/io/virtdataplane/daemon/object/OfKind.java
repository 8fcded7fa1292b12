package io.virtdataplane.daemon.object;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One kind: who reconciles it, its files, and what is kept of it, by identity. */
record OfKind(
        Reconciler reconciler,
        ObjectFiles files,
        Map<String, Kept> inForce,
        Map<String, Kept> waiting,
        Map<Path, String> unreadable) {
    private static final Logger LOG = LoggerFactory.getLogger(OfKind.class);

    /** Reads its files; the highest sequence among them, or 0. */
    long load() {
        ObjectFiles.All all = files.all();
        all.inForce().forEach(kept -> inForce.put(kept.manifest().identity(), kept));
        for (Kept kept : all.waiting()) {
            String identity = kept.manifest().identity();
            Kept held = inForce.get(identity);
            if (held != null && held.sequence() >= kept.sequence()) {
                removeLeft(identity); // it came in force, and was not removed yet
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

    /**
     * On the disk, before it is tried. One that may cost the node its network is marked, so that a
     * start after a crash does not try it again.
     *
     * @return it was marked
     */
    boolean write(Kept wanted) {
        // Also where a file that cannot be read would be lost, should the object be refused.
        boolean isMarked =
                reconciler.isRisky(wanted.manifest().kind())
                        || !unreadableFiles(wanted.manifest().identity()).isEmpty();
        if (isMarked) {
            files.putWaiting(wanted.beingTried());
        } else {
            files.putInForce(wanted);
        }
        return isMarked;
    }

    /** It was refused, or waits: the disk says again what is kept. */
    void writeAsBefore(String identity, boolean wasMarked) {
        if (!wasMarked) {
            Kept held = inForce.get(identity);
            if (held == null) {
                files.removeInForce(identity);
            } else {
                files.putInForce(held);
            }
        }
        Kept waits = waiting.get(identity);
        if (waits == null) {
            files.removeWaiting(identity);
        } else {
            files.putWaiting(waits);
        }
    }

    /** The next start comes to it again where the disk does not take it now. */
    private void removeLeft(String identity) {
        try {
            files.removeWaiting(identity);
        } catch (UncheckedIOException e) {
            LOG.warn("not removed: {}", e.getMessage());
        }
    }

    Stream<String> warnings() {
        return unreadable.entrySet().stream()
                .map(each -> "object not restored: " + each.getKey() + ": " + each.getValue());
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
