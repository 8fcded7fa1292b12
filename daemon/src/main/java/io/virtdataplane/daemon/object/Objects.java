package io.virtdataplane.daemon.object;

import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.manifest.LeftObject;
import io.virtdataplane.manifest.Manifest;
import io.virtdataplane.manifest.ManifestFile;
import io.virtdataplane.manifest.Manifests;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.manifest.ObjectName;
import io.virtdataplane.manifest.WrittenManifest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The one way in for objects of every kind and from every source. A file is parsed once and checked
 * whole before its first object changes anything; each object is then given to its family's {@link
 * Reconciler}, and kept over a restart. One request at a time.
 */
public final class Objects {
    private final Manifests manifests;
    private final List<Reconciler> reconcilers;
    private final Map<ObjectKind, OfKind> byKind = new EnumMap<>(ObjectKind.class);
    private final ReentrantLock changing = new ReentrantLock();
    private volatile Set<ObjectKind> followed = Set.of();
    private long sequence; // of the object last applied

    /**
     * @param stateDirectory of the daemon
     */
    public Objects(Path stateDirectory, Manifests manifests, Reconciler... reconcilers) {
        this.manifests = manifests;
        this.reconcilers = List.of(reconcilers);
        Path directory = stateDirectory.resolve("objects");
        KeptFormat format = new KeptFormat(manifests);
        ObjectFiles.takeOver(directory, stateDirectory.resolve("sriov"), format);
        for (Reconciler reconciler : reconcilers) {
            for (ObjectKind kind : reconciler.kinds()) {
                OfKind ofKind =
                        new OfKind(
                                reconciler,
                                new ObjectFiles(directory, kind, format),
                                new TreeMap<>(),
                                new TreeMap<>(),
                                new ConcurrentSkipListMap<>());
                byKind.put(kind, ofKind);
            }
        }
    }

    /** Takes up what an earlier run left. */
    public void restore() {
        changing.lock();
        try {
            for (OfKind ofKind : byKind.values()) {
                sequence = Math.max(sequence, ofKind.load());
            }
            for (Reconciler reconciler : reconcilers) {
                List<OfKind> own =
                        byKind.values().stream()
                                .filter(ofKind -> ofKind.reconciler() == reconciler)
                                .toList();
                Map<Path, String> unreadable = new TreeMap<>();
                own.forEach(ofKind -> unreadable.putAll(ofKind.unreadable()));
                reconciler.restore(
                        sorted(own.stream().map(OfKind::inForce)),
                        sorted(own.stream().map(OfKind::waiting)),
                        unreadable);
            }
        } finally {
            changing.unlock();
        }
    }

    /** Files that could not be read. Waits for nothing. */
    public List<String> warnings() {
        return byKind.values().stream().flatMap(OfKind::warnings).toList();
    }

    private static List<Kept> sorted(Stream<Map<String, Kept>> kept) {
        return kept.flatMap(each -> each.values().stream())
                .sorted(Comparator.comparingLong(Kept::sequence)) // some build on earlier ones
                .toList();
    }

    /** All objects of a file, or none where one of them is refused. */
    public FileResult apply(String file, ApplyOptions options) {
        ManifestFile read = manifests.parse(file, byKind.keySet());
        return new FileResult(apply(read, options), read.left());
    }

    /** What {@link #apply} would say if all went well; nothing changes. */
    public FileResult dryRun(String file, ApplyOptions options) {
        ManifestFile read = manifests.parse(file, byKind.keySet());
        changing.lock();
        try {
            check(read, options);
            return new FileResult(
                    read.objects().stream().map(each -> foreseen(each, options)).toList(),
                    read.left());
        } finally {
            changing.unlock();
        }
    }

    private ObjectResult foreseen(WrittenManifest written, ApplyOptions options) {
        Manifest manifest = written.manifest();
        Kept wanted = new Kept(manifest, written.text(), options, 0, "");
        return ObjectResult.inForce(written, change(ofKind(manifest), wanted));
    }

    private List<ObjectResult> apply(ManifestFile file, ApplyOptions options) {
        changing.lock();
        try {
            check(file, options);
            return file.objects().stream().map(each -> apply(each, options)).toList();
        } finally {
            reconcilers.forEach(Reconciler::applied);
            changing.unlock();
        }
    }

    private void check(ManifestFile file, ApplyOptions options) {
        List<Manifest> wanted = file.objects().stream().map(WrittenManifest::manifest).toList();
        file.left().forEach(this::mustNotBeKept);
        file.objects().forEach(each -> mustBeOf(options, held(each.manifest())));
        for (Reconciler reconciler : reconcilers) {
            List<Manifest> own =
                    wanted.stream()
                            .filter(each -> ofKind(each).reconciler() == reconciler)
                            .toList();
            if (!own.isEmpty()) {
                reconciler.check(own);
            }
        }
    }

    private void mustNotBeKept(LeftObject left) {
        Optional<OfKind> ofKind = ObjectKind.ofManifest(left.kind()).map(byKind::get);
        if (ofKind.isPresent() && ofKind.get().named(left.name()) != null) {
            throw FileRules.leavesEarlierVersion(left);
        }
    }

    /** Kinds of which the Kubernetes API is asked: objects from there are changed only there. */
    public void followed(Set<ObjectKind> kinds) {
        followed = Set.copyOf(kinds);
    }

    private void mustBeOf(ApplyOptions options, Kept held) {
        if (held != null && followed.contains(held.manifest().kind())) {
            FileRules.mustBeOf(options, held);
        }
    }

    private Kept held(Manifest manifest) {
        return ofKind(manifest).identified(manifest.identity());
    }

    /**
     * One object as the Kubernetes API has it now. What is in force already is not touched again.
     *
     * @param again apply it also where it is in force: the node has changed
     * @return empty: it asks nothing of us, and what an earlier version asked is taken back
     */
    public Optional<ObjectResult> follow(String object, ApplyOptions options, boolean again) {
        ManifestFile read = manifests.look(object, byKind.keySet());
        changing.lock();
        try {
            if (read.objects().isEmpty()) {
                manifests.names(object, byKind.keySet(), new ArrayList<>()).stream()
                        .filter(each -> ofKind(each.kind()).identified(each.identity()) != null)
                        .forEach(this::unfollow);
                return Optional.empty();
            }
            WrittenManifest written = read.objects().getFirst();
            Manifest manifest = written.manifest();
            if (!again && isInForce(manifest, options)) {
                return Optional.of(ObjectResult.inForce(written, "unchanged"));
            }
            return Optional.of(apply(read, options).getFirst());
        } finally {
            changing.unlock();
        }
    }

    /**
     * The one object of that text is in force as it is there, or waits to be and is seen to here.
     */
    public boolean isKept(String object, ApplyOptions options) {
        Manifest manifest =
                manifests.parse(object, byKind.keySet()).objects().getFirst().manifest();
        changing.lock();
        try {
            Kept waits = ofKind(manifest).waiting().get(manifest.identity());
            return isInForce(manifest, options) || waits != null && waits.is(manifest, options);
        } finally {
            changing.unlock();
        }
    }

    /** The Kubernetes API has it no more. */
    public void unfollow(ObjectName object) {
        changing.lock();
        try {
            delete(deletion(object));
        } finally {
            changing.unlock();
        }
    }

    /** What came from the Kubernetes API and is kept. */
    public List<ObjectName> ofCluster() {
        changing.lock();
        try {
            return byKind.values().stream()
                    .flatMap(OfKind::kept)
                    .filter(kept -> kept.options().fromCluster())
                    .map(Kept::object)
                    .distinct()
                    .toList();
        } finally {
            changing.unlock();
        }
    }

    /** The one object of that kind in a file. */
    public ObjectResult applyOne(String file, ObjectKind kind, ApplyOptions options) {
        return apply(one(file, kind), options).getFirst();
    }

    /** The same, only read. */
    public Manifest readOne(String file, ObjectKind kind) {
        return one(file, kind).objects().getFirst().manifest();
    }

    private ManifestFile one(String file, ObjectKind kind) {
        ManifestFile read = manifests.parse(file, Set.of(kind));
        FileRules.mustBeOne(read, kind);
        return read;
    }

    private ObjectResult apply(WrittenManifest written, ApplyOptions options) {
        Manifest object = written.manifest();
        OfKind ofKind = ofKind(object);
        Kept wanted = new Kept(object, written.text(), options, ++sequence, "");
        String change = change(ofKind, wanted);
        Outcome outcome = apply(ofKind, wanted);
        return new ObjectResult(object.kind(), object.name(), change, outcome, written.warnings());
    }

    /** On the disk first, marked: what is not there is not in force, nor tried by a next start. */
    private Outcome apply(OfKind ofKind, Kept wanted) {
        String identity = wanted.manifest().identity();
        boolean isMarked = ofKind.write(wanted);
        Outcome outcome;
        try {
            outcome = ofKind.reconciler().apply(wanted.manifest(), wanted.options());
        } catch (RuntimeException e) {
            ofKind.writeAsBefore(identity, isMarked);
            throw e;
        }
        for (Path replaced : ofKind.unreadableFiles(identity)) {
            ofKind.unreadable().remove(replaced);
            outcome = outcome.andThen(ofKind.reconciler().forget(replaced));
        }
        keep(ofKind, wanted, outcome, isMarked);
        return outcome;
    }

    /** As kubectl says; what was not in force was not the same before. */
    private String change(OfKind ofKind, Kept wanted) {
        String identity = wanted.manifest().identity();
        Kept held = ofKind.inForce().get(identity);
        if (held == null && !ofKind.waiting().containsKey(identity)) {
            return "created";
        }
        return isInForce(wanted.manifest(), wanted.options()) ? "unchanged" : "configured";
    }

    /** That very version, and no other waits. */
    private boolean isInForce(Manifest manifest, ApplyOptions options) {
        OfKind ofKind = ofKind(manifest);
        Kept held = ofKind.inForce().get(manifest.identity());
        return held != null
                && !ofKind.waiting().containsKey(manifest.identity())
                && held.is(manifest, options);
    }

    private void keep(OfKind ofKind, Kept wanted, Outcome outcome, boolean isMarked) {
        String identity = wanted.manifest().identity();
        if (outcome.isInForce()) {
            ofKind.inForce().put(identity, wanted);
            ofKind.waiting().remove(identity);
            if (isMarked) {
                ofKind.files().putInForce(wanted);
            }
            return;
        }
        boolean isGivenUp = outcome.standing() == Outcome.Standing.GIVEN_UP;
        Kept waits = wanted.waiting(isGivenUp ? outcome.message() : "");
        ofKind.waiting().put(identity, waits);
        ofKind.writeAsBefore(identity, isMarked);
    }

    /** Applies again what waits and is due. Called every few seconds. */
    public void retry() {
        for (Reconciler reconciler : reconcilers) {
            for (Manifest due : reconciler.due()) {
                retry(due);
            }
        }
    }

    private void retry(Manifest due) {
        changing.lock();
        try {
            OfKind ofKind = ofKind(due);
            Kept waits = ofKind.waiting().get(due.identity());
            if (waits != null && waits.manifest().equals(due)) { // else it has changed meanwhile
                apply(ofKind, waits.inForce(++sequence)); // it builds on what came before it now
            }
        } finally {
            changing.unlock();
        }
    }

    /** All objects of a file, or none where one is not there or may not go. */
    public FileResult delete(String file) {
        List<LeftObject> left = new ArrayList<>();
        List<ObjectName> names = manifests.names(file, byKind.keySet(), left);
        FileRules.mustBeDistinct(names);
        changing.lock();
        try {
            List<Deletion> deletions = names.stream().map(this::deletion).toList();
            deletions.forEach(each -> mustBeOf(ApplyOptions.DEFAULT, each.kept()));
            return new FileResult(deletions.stream().map(this::delete).toList(), left);
        } finally {
            changing.unlock();
        }
    }

    /**
     * @param name as users call it; its kind's default namespace is added
     */
    public ObjectResult delete(ObjectKind kind, String name) {
        ofKind(kind);
        String fullName = manifests.fullName(kind, name);
        changing.lock();
        try {
            OfKind ofKind = ofKind(kind);
            Deletion deletion = deletion(kind, fullName, ofKind.named(fullName));
            mustBeOf(ApplyOptions.DEFAULT, deletion.kept());
            return delete(deletion);
        } finally {
            changing.unlock();
        }
    }

    private Deletion deletion(ObjectName object) {
        Kept kept = ofKind(object.kind()).identified(object.identity());
        String name = kept == null ? object.identity() : kept.manifest().name();
        return deletion(object.kind(), name, kept);
    }

    private Deletion deletion(ObjectKind kind, String name, Kept kept) {
        OfKind ofKind = ofKind(kind);
        String found = kept == null ? name : kept.manifest().identity();
        List<Path> unreadable = ofKind.unreadableFiles(found);
        if (kept == null && unreadable.isEmpty()) {
            throw NotFoundException.of(kind.manifestKind(), name);
        }
        if (kept != null) {
            ofKind.reconciler().checkDelete(kept.manifest());
        }
        return new Deletion(kind, name, found, kept, unreadable);
    }

    private ObjectResult delete(Deletion deletion) {
        OfKind ofKind = ofKind(deletion.kind());
        String identity = deletion.identity();
        ofKind.files().remove(identity); // first: what could not be removed is still in force
        ofKind.inForce().remove(identity);
        ofKind.waiting().remove(identity);
        Outcome outcome = Outcome.IN_FORCE;
        for (Path file : deletion.unreadable()) {
            ofKind.unreadable().remove(file);
            outcome = ofKind.reconciler().forget(file);
        }
        if (deletion.kept() != null) {
            outcome = ofKind.reconciler().delete(deletion.kept().manifest());
        }
        return new ObjectResult(deletion.kind(), deletion.name(), "deleted", outcome, List.of());
    }

    private OfKind ofKind(Manifest manifest) {
        return ofKind(manifest.kind());
    }

    private OfKind ofKind(ObjectKind kind) {
        OfKind ofKind = byKind.get(kind);
        if (ofKind == null) {
            throw new IllegalArgumentException(
                    "kind must be one that apply takes (use attach for a "
                            + kind.manifestKind()
                            + "): kind="
                            + kind.manifestKind());
        }
        return ofKind;
    }
}
