package io.virtdataplane.daemon.attach;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.daemon.guest.GuestAgents;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.daemon.worker.Workers;
import io.virtdataplane.dataplane.Vif;
import io.virtdataplane.dataplane.VifState;
import io.virtdataplane.manifest.ManifestDefaults;
import io.virtdataplane.port.Pollers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** {@link Nics} with a family whose one NIC notes what becomes of it. */
abstract class NicsFixture {
    static final AttachRequest REQUEST =
            AttachRequest.newBuilder()
                    .setManifest("kind: VirtualMachine\nmetadata: {name: vm}\nspec: {domain: {}}\n")
                    .setNetns("/proc/self/ns/net")
                    .build();
    @TempDir Path state;
    private EventJournal journal;
    private Workers workers;
    Attachments attachments;
    GuestAgents agents;
    Nics nics;
    final List<String> done = new ArrayList<>();
    Runnable onOpen = () -> {};
    Runnable onClose = () -> {};
    String change = "";
    VifState vifState = VifState.ACTIVE;

    /** A NIC that notes what becomes of it. */
    private final class NotedNic implements AttachedNic {
        @Override
        public String name() {
            return "vm/default";
        }

        @Override
        public String machine() {
            return "vm";
        }

        @Override
        public String namespace() {
            return "";
        }

        @Override
        public boolean isOnPodNetwork() {
            return true;
        }

        @Override
        public WorkerThread worker() {
            return workers.takeLeastLoaded();
        }

        @Override
        public Vif vif() {
            throw new AssertionError("nobody asks");
        }

        @Override
        public VifState state() {
            return vifState;
        }

        @Override
        public String describe() {
            return "a NIC";
        }

        @Override
        public String announce() {
            return "itself";
        }

        @Override
        public String changed() {
            return change;
        }

        @Override
        public void close() {
            onClose.run();
            done.add("closed");
        }
    }

    @BeforeEach
    void start() {
        journal = new EventJournal(state, 1 << 20);
        WorkerThread.Settings settings =
                new WorkerThread.Settings(Pollers.Kind.EPOLL, 64, List.of());
        workers = Workers.start(1, settings, journal);
        restart();
    }

    void restart() {
        attachments = new Attachments(journal);
        NicFamily family =
                (request, machine) ->
                        Optional.of(
                                new NicSpec() {
                                    @Override
                                    public String name() {
                                        return "vm/default";
                                    }

                                    @Override
                                    public AttachedNic open(int number) {
                                        onOpen.run();
                                        done.add("opened");
                                        return new NotedNic();
                                    }
                                });
        agents = new GuestAgents(journal);
        nics =
                new Nics(
                        attachments,
                        List.of(family),
                        new KeptRequests(state, ManifestDefaults.DEFAULT),
                        agents,
                        journal,
                        false);
        nics.restore();
    }

    @AfterEach
    void stop() {
        workers.close();
        journal.close();
    }

    List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(state.resolve("attachments"))) {
            return files.map(path -> path.getFileName().toString())
                    .map(name -> name.substring(name.indexOf('.')))
                    .toList();
        }
    }

    Path onlyFile() throws IOException {
        try (Stream<Path> files = Files.list(state.resolve("attachments"))) {
            return files.findFirst().orElseThrow();
        }
    }
}
