package io.virtdataplane.daemon.object;

import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.Manifests;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.WrittenManifest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The one way in for objects of every kind and from every source. A file is parsed once and checked
 * whole before its first object changes anything; each object is then given to its family's {@link
 * Reconciler}, and kept over a restart. One request at a time.
 */
public final class Objects {
    private final List<Reconciler> reconcilers;
    private final Map<ObjectKind, Family> familyByKind = new EnumMap<>(ObjectKind.class);
    private final ReentrantLock changing = new ReentrantLock();
    private long sequence; // of the object last applied

    /** One kind: who reconciles it, its files, and what is kept of it, by identity. */
    private record Family(
            Reconciler reconciler,
            ObjectFiles files,
            Map<String, Kept> inForce,
            Map<String, Kept> waiting,
            Map<Path, String> unreadable) {
        /** The version that was asked for last. */
        Kept wanted(String identity) {
            Kept waits = waiting.get(identity);
            return waits != null ? waits : inForce.get(identity);
        }

        /** By the name that users call it by; null where there is none. */
        Kept named(String name) {
            return Stream.concat(waiting.values().stream(), inForce.values().stream())
                    .filter(kept -> kept.manifest().name().equals(name))
                    .findFirst()
                    .orElse(null);
        }

        List<Path> unreadableFiles(String identity) {
            return files.files(identity).stream().filter(unreadable::containsKey).toList();
        }
    }

    /**
     * @param stateDirectory of the daemon
     */
    public Objects(Path stateDirectory, Reconciler... reconcilers) {
        this.reconcilers = List.of(reconcilers);
        Path directory = stateDirectory.resolve("objects");
        ObjectFiles.takeOver(directory, stateDirectory.resolve("sriov"));
        for (Reconciler reconciler : reconcilers) {
            for (ObjectKind kind : reconciler.kinds()) {
                Family family =
                        new Family(
                                reconciler,
                                new ObjectFiles(directory, kind),
                                new TreeMap<>(),
                                new TreeMap<>(),
                                new TreeMap<>());
                familyByKind.put(kind, family);
            }
            reconciler.reportTo(this::settle);
        }
    }

    /** Takes up what an earlier run left. */
    public void restore() {
        changing.lock();
        try {
            familyByKind.values().forEach(this::load);
            for (Reconciler reconciler : reconcilers) {
                List<Family> own =
                        familyByKind.values().stream()
                                .filter(family -> family.reconciler() == reconciler)
                                .toList();
                Map<Path, String> unreadable = new TreeMap<>();
                own.forEach(family -> unreadable.putAll(family.unreadable()));
                reconciler.restore(
                        sorted(own.stream().map(Family::inForce)),
                        sorted(own.stream().map(Family::waiting)),
                        unreadable);
            }
        } finally {
            changing.unlock();
        }
    }

    private void load(Family family) {
        ObjectFiles.All all = family.files().all();
        all.inForce().forEach(kept -> family.inForce().put(kept.manifest().identity(), kept));
        all.waiting().forEach(kept -> family.waiting().put(kept.manifest().identity(), kept));
        family.unreadable().putAll(all.unreadable());
        Stream.concat(all.inForce().stream(), all.waiting().stream())
                .forEach(kept -> sequence = Math.max(sequence, kept.sequence()));
    }

    private static List<Kept> sorted(Stream<Map<String, Kept>> kept) {
        return kept.flatMap(each -> each.values().stream())
                .sorted(Comparator.comparingLong(Kept::sequence)) // some build on earlier ones
                .toList();
    }

    /** All objects of a file, or none where one of them is refused. */
    public List<ObjectResult> apply(String file, ApplyOptions options) {
        return apply(Manifests.parse(file), options);
    }

    private List<ObjectResult> apply(List<WrittenManifest> written, ApplyOptions options) {
        List<Manifest> manifests = written.stream().map(WrittenManifest::manifest).toList();
        manifests.forEach(this::family);
        changing.lock();
        try {
            for (Reconciler reconciler : reconcilers) {
                List<Manifest> own =
                        manifests.stream()
                                .filter(each -> family(each).reconciler() == reconciler)
                                .toList();
                if (!own.isEmpty()) {
                    reconciler.check(own);
                }
            }
            List<ObjectResult> results = new ArrayList<>();
            for (WrittenManifest each : written) {
                results.add(apply(each, options));
            }
            return results;
        } finally {
            changing.unlock();
        }
    }

    /** A file of one object, of a kind that the caller knows. */
    public ObjectResult applyOne(String file, ObjectKind kind, ApplyOptions options) {
        List<WrittenManifest> written = Manifests.parse(file);
        if (written.size() != 1) {
            throw new IllegalArgumentException(
                    "manifest must be one YAML document: found=" + written.size());
        }
        if (written.getFirst().manifest().kind() != kind) {
            throw new IllegalArgumentException(
                    "kind must be "
                            + kind.manifestKind()
                            + ": kind="
                            + written.getFirst().manifest().kind().manifestKind());
        }
        return apply(written, options).getFirst();
    }

    private ObjectResult apply(WrittenManifest written, ApplyOptions options) {
        Manifest manifest = written.manifest();
        Family family = family(manifest);
        Kept before = family.wanted(manifest.identity());
        Kept wanted = new Kept(manifest, written.text(), options, ++sequence, "");
        family.files().putWaiting(wanted); // first: what is not on the disk is not in force
        Outcome outcome;
        try {
            outcome = family.reconciler().apply(manifest, options);
        } catch (RuntimeException e) {
            forgetTried(family, manifest.identity());
            throw e;
        }
        for (Path replaced : family.unreadableFiles(manifest.identity())) {
            family.unreadable().remove(replaced);
            outcome = outcome.andThen(family.reconciler().forget(replaced));
        }
        keep(family, wanted, outcome);
        return new ObjectResult(manifest.kind(), manifest.name(), change(before, wanted), outcome);
    }

    private static void forgetTried(Family family, String identity) {
        Kept waits = family.waiting().get(identity);
        Kept holds = family.inForce().get(identity);
        if (waits != null) {
            family.files().putWaiting(waits);
        } else if (holds != null) {
            family.files().putInForce(holds);
        } else {
            family.files().remove(identity);
        }
    }

    private static String change(Kept before, Kept now) {
        if (before == null) {
            return "created";
        }
        boolean isSame =
                before.manifest().equals(now.manifest()) && before.options().equals(now.options());
        return isSame ? "unchanged" : "configured";
    }

    private static void keep(Family family, Kept wanted, Outcome outcome) {
        String identity = wanted.manifest().identity();
        if (outcome.isInForce()) {
            family.files().putInForce(wanted);
            family.inForce().put(identity, wanted);
            family.waiting().remove(identity);
            return;
        }
        boolean isGivenUp = outcome.standing() == Outcome.Standing.GIVEN_UP;
        Kept waits =
                new Kept(
                        wanted.manifest(),
                        wanted.text(),
                        wanted.options(),
                        wanted.sequence(),
                        isGivenUp ? outcome.message() : "");
        family.files().putWaiting(waits);
        family.waiting().put(identity, waits);
    }

    /** An object that waited has come to another standing meanwhile. */
    private void settle(Manifest manifest, Outcome outcome) {
        changing.lock();
        try {
            Family family = family(manifest);
            Kept waits = family.waiting().get(manifest.identity());
            if (waits != null && waits.manifest().equals(manifest)) {
                keep(family, waits, outcome);
            }
        } finally {
            changing.unlock();
        }
    }

    /** All objects of a file, or none where one is not there or may not go. */
    public List<ObjectResult> delete(String file) {
        List<Manifest> manifests =
                Manifests.parse(file).stream().map(WrittenManifest::manifest).toList();
        manifests.forEach(this::family);
        mustBeDistinct(manifests);
        changing.lock();
        try {
            List<Deletion> deletions =
                    manifests.stream()
                            .map(each -> deletion(each.kind(), each.name(), each.identity()))
                            .toList();
            return deletions.stream().map(this::delete).toList();
        } finally {
            changing.unlock();
        }
    }

    /**
     * @param name as users call it; its kind's default namespace is added
     */
    public ObjectResult delete(ObjectKind kind, String name) {
        family(kind);
        String fullName = kind.fullName(name);
        changing.lock();
        try {
            return delete(deletion(kind, fullName, fullName));
        } finally {
            changing.unlock();
        }
    }

    /**
     * A deletion that may go on.
     *
     * @param kept what is kept; null: it cannot be read
     * @param unreadable its files that cannot be read
     */
    private record Deletion(
            ObjectKind kind, String name, String identity, Kept kept, List<Path> unreadable) {}

    private Deletion deletion(ObjectKind kind, String name, String identity) {
        Family family = family(kind);
        Kept kept = family.named(name);
        String found = kept == null ? identity : kept.manifest().identity();
        List<Path> unreadable = family.unreadableFiles(found);
        if (kept == null && unreadable.isEmpty()) {
            throw NotFoundException.of(kind.manifestKind(), name);
        }
        if (kept != null) {
            family.reconciler().checkDelete(kept.manifest());
        }
        return new Deletion(kind, name, found, kept, unreadable);
    }

    private ObjectResult delete(Deletion deletion) {
        Family family = family(deletion.kind());
        String identity = deletion.identity();
        family.files().remove(identity); // first: what could not be removed is still in force
        family.inForce().remove(identity);
        family.waiting().remove(identity);
        Outcome outcome = Outcome.IN_FORCE;
        for (Path file : deletion.unreadable()) {
            family.unreadable().remove(file);
            outcome = family.reconciler().forget(file);
        }
        if (deletion.kept() != null) {
            outcome = family.reconciler().delete(deletion.kept().manifest());
        }
        return new ObjectResult(deletion.kind(), deletion.name(), "deleted", outcome);
    }

    private Family family(Manifest manifest) {
        return family(manifest.kind());
    }

    private Family family(ObjectKind kind) {
        Family family = familyByKind.get(kind);
        if (family == null) {
            throw new IllegalArgumentException(
                    "kind must be one that apply takes (use attach for a "
                            + kind.manifestKind()
                            + "): kind="
                            + kind.manifestKind());
        }
        return family;
    }

    private static void mustBeDistinct(List<Manifest> manifests) {
        Set<String> seen = new HashSet<>();
        for (Manifest manifest : manifests) {
            if (!seen.add(manifest.kind() + "/" + manifest.name())
                    | !seen.add(manifest.kind() + " " + manifest.identity())) {
                throw new IllegalArgumentException(
                        "object must be in a file only once: "
                                + manifest.kind()
                                + "/"
                                + manifest.name());
            }
        }
    }
}
