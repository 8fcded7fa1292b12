package io.virtdataplane.daemon.object;

import com.google.protobuf.InvalidProtocolBufferException;
import io.virtdataplane.api.KeptObject;
import io.virtdataplane.daemon.state.ObjectStore;
import io.virtdataplane.manifest.ObjectKind;
import io.virtdataplane.sys.FileStore;
import io.virtdataplane.sys.IoReason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of one kind's objects: those in force, and those that wait to be. Both may have a
 * version of the same object: a policy that waits for its uplink does not take away what its
 * earlier version has made.
 */
final class ObjectFiles {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectFiles.class);
    private static final String SUFFIX = ".yaml";
    private final ObjectStore<Kept> inForce;
    private final ObjectStore<Kept> waiting;

    ObjectFiles(Path directory, ObjectKind kind, KeptFormat format) {
        Path own = directory.resolve(kind.manifestKind());
        inForce = ObjectStore.byName(own, SUFFIX, format);
        waiting = ObjectStore.byName(own.resolve("waiting"), SUFFIX, format);
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

    void removeInForce(String identity) {
        inForce.remove(identity);
    }

    void removeWaiting(String identity) {
        waiting.remove(identity);
    }

    /** What waits first: else it would be tried after a crash in between. */
    void remove(String identity) {
        waiting.remove(identity);
        inForce.remove(identity);
    }

    /** Where a version of the object may be. */
    List<Path> files(String identity) {
        return List.of(inForce.file(identity), waiting.file(identity));
    }

    /**
     * Takes over what versions before 0.1.0's release kept elsewhere: bridges' objects as messages,
     * SR-IOV's in directories of their own.
     */
    static void takeOver(Path objects, Path sriov, KeptFormat format) {
        moveAll(sriov.resolve("policies"), objects, ObjectKind.SRIOV_POLICY);
        moveAll(sriov.resolve("networks"), objects, ObjectKind.SRIOV_NETWORK);
        if (!Files.isDirectory(objects)) {
            return;
        }
        for (Path file : listed(new FileStore(objects, ".object"))) {
            try {
                Kept kept = kept(KeptObject.parseFrom(Files.readAllBytes(file)), format);
                new ObjectFiles(objects, kept.manifest().kind(), format).putInForce(kept);
                Files.delete(file);
            } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
                LOG.warn("object set aside: file={} reason={}", file, e.getMessage());
                ObjectStore.setAside(file);
            } catch (IOException e) {
                LOG.warn("object not read: file={} reason={}", file, IoReason.of(e));
            } catch (UncheckedIOException e) {
                LOG.warn("object not taken over: file={} {}", file, e.getMessage());
            }
        }
    }

    /** Of a directory that cannot be read, nothing: that is no reason not to start. */
    private static List<Path> listed(FileStore files) {
        try {
            return files.files();
        } catch (UncheckedIOException e) {
            LOG.warn("objects of earlier versions not looked for: {}", e.getMessage());
            return List.of();
        }
    }

    private static Kept kept(KeptObject message, KeptFormat format) {
        var request = message.getRequest();
        ApplyOptions options =
                ApplyOptions.of(
                        request.getUplinks(), request.getHostPort(), request.getProbeSeconds());
        Kept plain = format.read(request.getManifest().getBytes(StandardCharsets.UTF_8));
        return new Kept(plain.manifest(), plain.text(), options, message.getSequence(), "");
    }

    private static void moveAll(Path from, Path objects, ObjectKind kind) {
        if (!Files.isDirectory(from)) {
            return;
        }
        try {
            Path to = Files.createDirectories(objects.resolve(kind.manifestKind()));
            for (Path file : listed(new FileStore(from, SUFFIX))) {
                Path target = to.resolve(file.getFileName());
                if (Files.exists(target)) { // of a later version, which was left and comes back
                    LOG.warn("object passed over, there is a newer one: file={}", file);
                } else {
                    Files.move(file, target);
                }
            }
            Files.delete(from);
        } catch (DirectoryNotEmptyException e) {
            LOG.warn("files left where earlier versions kept objects: directory={}", from);
        } catch (IOException e) {
            LOG.warn("objects not taken over: directory={} reason={}", from, IoReason.of(e));
        }
    }
}
