package io.virtdataplane.daemon.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.NatSettings;
import io.virtdataplane.daemon.guest.GuestAgents;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.rpc.AlreadyExistsException;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.daemon.state.ObjectStore;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.daemon.worker.Workers;
import io.virtdataplane.dataplane.Vif;
import io.virtdataplane.manifest.ManifestDefaults;
import io.virtdataplane.port.Pollers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class NicsTest {
    private static final AttachRequest REQUEST =
            AttachRequest.newBuilder()
                    .setManifest("kind: VirtualMachine\nmetadata: {name: vm}\nspec: {domain: {}}\n")
                    .setNetns("/proc/self/ns/net")
                    .build();
    @TempDir private Path state;
    private EventJournal journal;
    private Workers workers;
    private Attachments attachments;
    private GuestAgents agents;
    private Nics nics;
    private final List<String> done = new ArrayList<>();
    private Runnable onOpen = () -> {};
    private Runnable onClose = () -> {};
    private String change = "";

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

    private static AttachRequest withAgent(String socket) {
        return REQUEST.toBuilder().setGuestAgent(socket).build();
    }

    @Test
    void guestAgentIsAskedForAsLongAsTheNicIsAttachedAlsoAfterARestart() {
        nics.attach(withAgent("/run/agent.sock"));
        assertThat(agents.health("vm")).isPresent();
        nics.close();
        assertThat(agents.health("vm")).isEmpty();
        restart();
        assertThat(agents.health("vm").orElseThrow().socket()).hasToString("/run/agent.sock");
        nics.detach("vm");
        assertThat(agents.health("vm")).isEmpty();
    }

    /** Else each start would report it, for ever: nobody can name what cannot be read. */
    @Test
    void keptNicThatCannotBeReadAnyMoreIsForgottenWithItsPod() throws IOException {
        ObjectStore<byte[]> kept =
                ObjectStore.byDigest(state.resolve("attachments"), ".attach", new AsItIs());
        AttachRequest unreadable = REQUEST.toBuilder().setManifest("kind: Nothing\n").build();
        kept.put("here", unreadable.toByteArray());
        kept.put("gone", unreadable.toBuilder().setNetns("vdp-none").build().toByteArray());
        restart();
        assertThat(Files.exists(kept.file("here"))).as("a later version may read it").isTrue();
        assertThat(Files.exists(kept.file("gone"))).isFalse();
    }

    private static final class AsItIs implements ObjectStore.Format<byte[]> {
        @Override
        public byte[] write(byte[] object) {
            return object;
        }

        @Override
        public byte[] read(byte[] content) {
            return content;
        }
    }

    @Test
    void attachWithAWrongGuestAgentOpensNothing() {
        assertThatThrownBy(() -> nics.attach(withAgent("agent.sock")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("guest_agent=agent.sock");
        assertThat(done).isEmpty();
        assertThat(attachments.isTaken("vm/default")).isFalse();
    }

    @Test
    void failedAttachLeavesNoAgentBehind() {
        onOpen =
                () -> {
                    throw new IllegalStateException("no device");
                };
        assertThatThrownBy(() -> nics.attach(withAgent("/run/agent.sock"))).hasMessage("no device");
        assertThat(agents.health("vm")).isEmpty();
    }

    @BeforeEach
    void start() {
        journal = new EventJournal(state, 1 << 20);
        WorkerThread.Settings settings =
                new WorkerThread.Settings(Pollers.Kind.EPOLL, 64, List.of());
        workers = Workers.start(1, settings, journal);
        restart();
    }

    private void restart() {
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
                        state,
                        agents,
                        journal,
                        ManifestDefaults.DEFAULT,
                        false);
        nics.restore();
    }

    @AfterEach
    void stop() {
        workers.close();
        journal.close();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(state.resolve("attachments"))) {
            return files.map(path -> path.getFileName().toString())
                    .map(name -> name.substring(name.indexOf('.')))
                    .toList();
        }
    }

    @Test
    void nicComesBackAfterARestartAndNotAfterADetach() throws IOException {
        nics.attach(REQUEST);
        restart();
        assertThat(attachments.nic("vm").name()).isEqualTo("vm/default");
        nics.detach("vm");
        assertThat(files()).isEmpty();
        restart();
        assertThat(attachments.nics()).isEmpty();
        assertThat(done).containsExactly("opened", "opened", "closed");
    }

    @Test
    void nameIsHeldUntilTheOneThatGoesHasGone() throws Exception {
        nics.attach(REQUEST);
        CountDownLatch closing = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        onClose =
                () -> {
                    closing.countDown();
                    await(goOn);
                };
        CompletableFuture<Void> detached = CompletableFuture.runAsync(() -> nics.detach("vm"));
        closing.await();
        assertThatThrownBy(() -> nics.attach(REQUEST)).isInstanceOf(AlreadyExistsException.class);
        assertThatThrownBy(() -> nics.detach("vm/default"))
                .as("there is one that goes already")
                .isInstanceOf(NotFoundException.class);
        goOn.countDown();
        detached.get();
        assertThat(files()).isEmpty();
        nics.attach(REQUEST);
        assertThat(files()).containsExactly(".attach");
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void nicThatCannotBeKeptIsNotAttached() throws IOException {
        Files.delete(state.resolve("attachments"));
        assertThatThrownBy(() -> nics.attach(REQUEST)).hasMessageContaining("attachments");
        assertThat(attachments.nics()).isEmpty();
        assertThat(done).containsExactly("opened", "closed");
        Files.createDirectories(state.resolve("attachments"));
        nics.attach(REQUEST);
        assertThat(attachments.nics()).hasSize(1);
    }

    /** Asked to go, it goes with the daemon at the latest. */
    @Test
    void nicWhoseThreadDoesNotLetGoStaysListedAndDoesNotComeBack() throws IOException {
        nics.attach(REQUEST);
        onClose =
                () -> {
                    throw new IllegalStateException("worker does not answer");
                };
        assertThatThrownBy(() -> nics.detach("vm")).hasMessage("worker does not answer");
        assertThat(attachments.nics()).hasSize(1);
        assertThat(files()).isEmpty();
        restart();
        assertThat(attachments.nics()).isEmpty();
    }

    @Test
    void nicThatCouldNotBeAttachedAgainCanBeDetached() throws IOException {
        nics.attach(REQUEST);
        onOpen =
                () -> {
                    throw new IllegalArgumentException("uplink must exist: uplink=eth0");
                };
        restart();
        assertThat(attachments.nics()).isEmpty();
        assertThat(files()).as("the next start may have more luck").containsExactly(".attach");
        nics.detach("vm");
        assertThat(files()).isEmpty();
        assertThatThrownBy(() -> nics.detach("vm/default"))
                .hasMessage("no such NIC: name=vm/default");
    }

    @Test
    void detachThatCannotBeKeptChangesNothing() throws IOException {
        nics.attach(REQUEST);
        Path file = onlyFile();
        byte[] kept = Files.readAllBytes(file);
        Files.delete(file);
        Files.createDirectories(file.resolve("in the way"));
        assertThatThrownBy(() -> nics.detach("vm"))
                .hasMessage("remove " + file + ": Directory not empty");
        assertThat(attachments.nics()).hasSize(1);
        assertThat(done).containsExactly("opened");
        Files.delete(file.resolve("in the way"));
        Files.delete(file);
        Files.write(file, kept);
        nics.detach("vm");
        assertThat(done).containsExactly("opened", "closed");
    }

    private Path onlyFile() throws IOException {
        try (Stream<Path> files = Files.list(state.resolve("attachments"))) {
            return files.findFirst().orElseThrow();
        }
    }

    /** A NIC with some of its settings only would have all its ports open. */
    @Test
    void fileThatWasCutAnywhereIsSetAsideAndSaid() throws IOException {
        AttachRequest closed =
                REQUEST.toBuilder()
                        .setNat(NatSettings.newBuilder().setPorts("TCP/22"))
                        .setUplink("eth1")
                        .build();
        nics.attach(closed);
        nics.close();
        Path file = onlyFile();
        byte[] whole = Files.readAllBytes(file);
        for (int cut = 0; cut < whole.length; cut++) {
            Files.write(file, Arrays.copyOf(whole, cut));
            restart();
            assertThat(attachments.nics()).as("cut at " + cut).isEmpty();
            assertThat(nics.warnings()).hasSize(1).first().asString().contains("is damaged");
            assertThat(files()).containsExactly(".attach.damaged");
        }
        Files.write(file, whole);
        restart();
        assertThat(attachments.nics()).hasSize(1);
        assertThat(nics.warnings()).isEmpty();
    }

    @Test
    void fileOfAnEarlierVersionIsReadAndGetsItsChecksum() throws IOException {
        nics.attach(REQUEST);
        nics.close();
        Path file = onlyFile();
        byte[] sealed = Files.readAllBytes(file);
        Files.write(file, REQUEST.toByteArray());
        restart();
        assertThat(attachments.nics()).hasSize(1);
        assertThat(Files.readAllBytes(file)).isEqualTo(sealed);
    }

    @Test
    void strangersAmongTheFilesAreSaidAndCostNothingElse() throws IOException {
        nics.attach(REQUEST);
        nics.close();
        Path attachments0 = state.resolve("attachments");
        Files.createDirectories(attachments0.resolve("d.attach"));
        Files.createSymbolicLink(attachments0.resolve("l.attach"), Path.of("/nowhere"));
        Files.createSymbolicLink(attachments0.resolve("z.attach"), Path.of("/dev/zero"));
        restart();
        assertThat(attachments.nics()).hasSize(1);
        assertThat(nics.warnings())
                .containsExactly(
                        "NIC not restored: " + attachments0 + "/d.attach: not a regular file",
                        "NIC not restored: "
                                + attachments0
                                + "/l.attach: No such file or directory",
                        "NIC not restored: " + attachments0 + "/z.attach: not a regular file");
    }

    @Test
    void directoryThatIsADanglingLinkIsSaid() throws IOException {
        Files.delete(state.resolve("attachments"));
        Files.createSymbolicLink(state.resolve("attachments"), Path.of("/nowhere/at/all"));
        restart();
        assertThat(nics.warnings()).first().asString().contains("attachments: File exists");
        assertThatThrownBy(() -> nics.attach(REQUEST)).hasMessageEndingWith(": File exists");
        assertThat(done).containsExactly("opened", "closed");
    }

    @Test
    void nicThatCouldNotBeAttachedIsTriedAgainUntilItIs() throws IOException {
        nics.attach(REQUEST);
        nics.close();
        onOpen =
                () -> {
                    throw new IllegalArgumentException("no such bridge: name=br1");
                };
        restart();
        nics.tend();
        assertThat(nics.warnings())
                .containsExactly(
                        "NIC vm/default is not attached, tried again: no such bridge: name=br1");
        onOpen = () -> {};
        nics.tend();
        assertThat(attachments.nics()).hasSize(1);
        assertThat(nics.warnings()).isEmpty();
        nics.detach("vm");
        nics.tend();
        assertThat(attachments.nics()).isEmpty();
    }

    @Test
    void nicWhoseDeviceWasMadeAnewIsOpenedAnewAsItIsKept() throws IOException {
        nics.attach(REQUEST);
        change = "the uplink has gone";
        onOpen =
                () -> {
                    throw new IllegalArgumentException("uplink must exist: uplink=eth0");
                };
        nics.tend();
        nics.tend();
        assertThat(attachments.nics()).isEmpty();
        assertThat(nics.warnings()).first().asString().endsWith("uplink must exist: uplink=eth0");
        change = "";
        onOpen = () -> {};
        nics.tend();
        nics.tend();
        assertThat(attachments.nics()).hasSize(1);
        assertThat(done).containsExactly("opened", "closed", "opened");
        assertThat(files()).containsExactly(".attach");
    }

    @Test
    void stateIsForItsOwnerAlone() throws IOException {
        nics.attach(REQUEST);
        assertThat(Files.getPosixFilePermissions(onlyFile()))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(Files.getPosixFilePermissions(onlyFile().getParent()))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
    }

    @Test
    void damagedFileIsSetAside() throws IOException {
        nics.attach(REQUEST);
        try (Stream<Path> files = Files.list(state.resolve("attachments"))) {
            Files.write(files.findFirst().orElseThrow(), new byte[] {1, 2, 3});
        }
        restart();
        assertThat(files()).containsExactly(".attach.damaged");
    }
}
