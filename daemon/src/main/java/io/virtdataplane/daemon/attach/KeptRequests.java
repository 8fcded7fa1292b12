package io.virtdataplane.daemon.attach;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.daemon.state.ObjectStore;
import io.virtdataplane.manifest.MachineManifest;
import io.virtdataplane.manifest.ManifestDefaults;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The requests of what is attached, a file each, and the machines that they are for. Those that an
 * earlier run left are read from the start, on a thread beside: until the rest of the daemon is
 * built, which takes one thread its time, they have been parsed.
 */
public final class KeptRequests {
    private final ObjectStore<AttachRequest> store;
    private final ManifestDefaults defaults;
    private final Map<Source, MachineManifest> readAhead = new ConcurrentHashMap<>();
    private final CompletableFuture<ObjectStore.Stored<AttachRequest>> earlier =
            new CompletableFuture<>();

    /** What a machine is parsed from. */
    private record Source(String manifest, String name) {
        static Source of(AttachRequest request) {
            return new Source(request.getManifest(), request.getName());
        }
    }

    public KeptRequests(Path stateDirectory, ManifestDefaults defaults) {
        this.defaults = defaults;
        this.store =
                ObjectStore.byDigest(
                        stateDirectory.resolve("attachments"), ".attach", new RequestFormat());
        Thread.ofPlatform().daemon().name("kept-nics").start(this::readEarlier);
    }

    private void readEarlier() {
        ObjectStore.Stored<AttachRequest> all;
        try {
            all = store.all();
            earlier.complete(all);
        } catch (RuntimeException | Error e) {
            earlier.completeExceptionally(e);
            return;
        }
        for (AttachRequest request : all.objects()) {
            try {
                readAhead.put(Source.of(request), parse(request));
            } catch (RuntimeException e) {
                continue; // whoever needs it parses it again, and is told
            }
        }
    }

    ObjectStore<AttachRequest> store() {
        return store;
    }

    /** What was there at the start. */
    ObjectStore.Stored<AttachRequest> earlier() {
        return earlier.join();
    }

    MachineManifest machine(AttachRequest request) {
        MachineManifest ahead = readAhead.remove(Source.of(request));
        return ahead == null ? parse(request) : ahead;
    }

    private MachineManifest parse(AttachRequest request) {
        return MachineManifest.parse(request.getManifest(), request.getName(), defaults);
    }

    /** A file that says so already is not written again: the disk would be waited for. */
    void put(String name, AttachRequest request) {
        if (!store.find(name).filter(request::equals).isPresent()) {
            store.put(name, request);
        }
    }
}
