package io.virtdataplane.daemon.object;

import io.virtdataplane.api.KeptObject;
import io.virtdataplane.daemon.state.ObjectStore;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.sys.FileStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The files of one kind's objects: those in force, and those that wait to be. Both may have a
 * version of the same object: a policy that waits for its uplink does not take away what its
 * earlier version has made.
 */
final class ObjectFiles {
    private static final String SUFFIX = ".yaml";
    private final ObjectStore<Kept> inForce;
    private final ObjectStore<Kept> waiting;

    ObjectFiles(Path directory, ObjectKind kind) {
        Path own = directory.resolve(kind.manifestKind());
        inForce = ObjectStore.byName(own, SUFFIX, new KeptFormat());
        waiting = ObjectStore.byName(own.resolve("waiting"), SUFFIX, new KeptFormat());
    }

    /** What all files hold, sorted by sequence. */
    record All(List<Kept> inForce, List<Kept> waiting, Map<Path, String> unreadable) {}

    All all() {
        ObjectStore.Stored<Kept> first = inForce.all();
        ObjectStore.Stored<Kept> second = waiting.all();
        Map<Path, String> unreadable = new TreeMap<>(first.unreadable());
        unreadable.putAll(second.unreadable());
        return new All(sorted(first.objects()), sorted(second.objects()), unreadable);
    }

    private static List<Kept> sorted(List<Kept> kept) {
        return kept.stream().sorted(Comparator.comparingLong(Kept::sequence)).toList();
    }

    void putInForce(Kept kept) {
        inForce.put(kept.manifest().identity(), kept);
        waiting.remove(kept.manifest().identity());
    }

    void putWaiting(Kept kept) {
        waiting.put(kept.manifest().identity(), kept);
    }

    void remove(String identity) {
        inForce.remove(identity);
        waiting.remove(identity);
    }

    /** Where a version of the object may be. */
    List<Path> files(String identity) {
        return List.of(inForce.file(identity), waiting.file(identity));
    }

    /**
     * Takes over what versions before 0.1.0's release kept elsewhere: bridges' objects as messages,
     * SR-IOV's in directories of their own.
     */
    static void takeOver(Path objects, Path sriov) {
        moveAll(sriov.resolve("policies"), objects, ObjectKind.SRIOV_POLICY);
        moveAll(sriov.resolve("networks"), objects, ObjectKind.SRIOV_NETWORK);
        if (!Files.isDirectory(objects)) {
            return;
        }
        FileStore old = new FileStore(objects, ".object");
        for (Path file : old.files()) {
            try {
                KeptObject message = KeptObject.parseFrom(Files.readAllBytes(file));
                Kept kept = kept(message);
                new ObjectFiles(objects, kept.manifest().kind()).putInForce(kept);
                Files.delete(file);
            } catch (IOException | IllegalArgumentException e) {
                ObjectStore.setAside(file);
            }
        }
    }

    private static Kept kept(KeptObject message) {
        var request = message.getRequest();
        ApplyOptions options =
                ApplyOptions.of(
                        request.getUplinks(), request.getHostPort(), request.getProbeSeconds());
        Kept plain = new KeptFormat().read(request.getManifest().getBytes(StandardCharsets.UTF_8));
        return new Kept(plain.manifest(), plain.text(), options, message.getSequence(), "");
    }

    private static void moveAll(Path from, Path objects, ObjectKind kind) {
        if (!Files.isDirectory(from)) {
            return;
        }
        try {
            Path to = Files.createDirectories(objects.resolve(kind.manifestKind()));
            for (Path file : new ArrayList<>(new FileStore(from, SUFFIX).files())) {
                Files.move(file, to.resolve(file.getFileName()));
            }
            Files.delete(from);
        } catch (IOException e) {
            throw new UncheckedIOException("move " + from, e);
        }
    }
}
