package io.virtdataplane.daemon.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.NatSettings;
import io.virtdataplane.daemon.state.ObjectStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What of NICs is on the disk, and what becomes of files that are not as they should be. */
@Timeout(60)
class NicFilesTest extends NicsFixture {
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
}
