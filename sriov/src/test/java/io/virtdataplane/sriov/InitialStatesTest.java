package io.virtdataplane.sriov;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When a card is put back to its first state, and above all when it is not. */
class InitialStatesTest {
    private static final Patience SHORT =
            new Patience(Duration.ofMillis(50), Duration.ofMillis(20), Duration.ofMillis(1));
    private static final String DEVICE = "bus/pci/devices/" + FakeNode.PF;
    @TempDir private Path directory;
    private FakeNode node;

    @BeforeEach
    void provision() throws IOException {
        Files.createDirectories(directory.resolve("proc"));
        node = new FakeNode(directory.resolve("sys")).withCard(64);
        assertThat(reconcile(Policies.vfio().vfs(2)).lastSyncError()).isEmpty();
        node.writes.clear();
    }

    private NodeState reconcile(Policies... policies) {
        Path state = directory.resolve("state");
        VfUse use =
                new VfUse(
                        new Allocations(state, "boot-1"), node.sysfs(), directory.resolve("proc"));
        return new NodeReconciler(
                        node.sysfs(), node, use, new SupportedNics(List.of()), state, SHORT)
                .reconcile(Arrays.stream(policies).map(Policies::make).toList());
    }

    private void move(String from, String to) throws IOException {
        Files.move(node.root.resolve(from), node.root.resolve(to));
    }

    private void isLeftAsItIs(NodeState state, String error) {
        assertThat(state.syncStatus()).hasToString("Failed");
        assertThat(state.lastSyncError()).contains(error);
        assertThat(node.writes).isEmpty();
        assertThat(node.value(DEVICE + "/sriov_numvfs")).isEqualTo("2");
    }

    @Test
    void cardWhoseNetworkDeviceIsMissingForAMomentIsLeftAsItIs() throws IOException {
        move(DEVICE + "/net", "elsewhere");
        String error =
                "0000:02:00.0: PF must have its network device (the card is not changed): pf=ens1f0 found=none";
        isLeftAsItIs(reconcile(Policies.vfio().vfs(2)), error);
        isLeftAsItIs(reconcile(), error);
        move("elsewhere", DEVICE + "/net");
        assertThat(reconcile(Policies.vfio().vfs(2)).lastSyncError()).isEmpty();
        assertThat(node.writes).isEmpty();
    }

    @Test
    void cardUnderAnotherNameThanItsPolicysIsLeftAsItIs() throws IOException {
        move(DEVICE + "/net/ens1f0", DEVICE + "/net/eth7");
        isLeftAsItIs(reconcile(Policies.vfio().vfs(2)), "pf=ens1f0 found=eth7");
        assertThat(reconcile(Policies.vfio().vfs(2).pfs("eth7")).lastSyncError()).isEmpty();
        assertThat(node.writes).isEmpty();
        assertThat(reconcile().lastSyncError()).as("no policy at all").isEmpty();
        assertThat(node.value(DEVICE + "/sriov_numvfs")).isEqualTo("0");
    }

    @Test
    void cardWhoseAlternativeNameIsUnknownForAMomentIsLeftAsItIs() {
        node.altNames.add("enp2s0f0");
        assertThat(reconcile(Policies.vfio().vfs(2).pfs("enp2s0f0")).lastSyncError()).isEmpty();
        node.altNames.clear();
        isLeftAsItIs(reconcile(Policies.vfio().vfs(2).pfs("enp2s0f0")), "pf=ens1f0 found=ens1f0");
        assertThat(reconcile().lastSyncError()).as("no policy at all").isEmpty();
        assertThat(node.value(DEVICE + "/sriov_numvfs")).isEqualTo("0");
    }

    @Test
    void cardThatIsNotThereIsPutBackWhenItIsAgain() throws IOException {
        move(DEVICE, "elsewhere");
        assertThat(reconcile().lastSyncError()).isEmpty();
        assertThat(node.writes).isEmpty();
        move("elsewhere", DEVICE);
        assertThat(reconcile().lastSyncError()).isEmpty();
        assertThat(node.value(DEVICE + "/sriov_numvfs")).isEqualTo("0");
    }

    @Test
    void damagedNoteIsNotGuessed() throws IOException {
        Path note = directory.resolve("state/pci/" + FakeNode.PF);
        Files.writeString(note, "");
        isLeftAsItIs(
                reconcile(),
                "first state of the card must be readable (remove its file to leave the card as it is): file="
                        + note
                        + " numVfs=");
    }

    @Test
    void noteOfAnEarlierVersionIsRead() throws IOException {
        Files.writeString(
                directory.resolve("state/pci/" + FakeNode.PF),
                "{\n  \"numVfs\": \"1\",\n  \"mtu\": \"1400\"\n}\n");
        assertThat(reconcile().lastSyncError()).isEmpty();
        assertThat(node.value(DEVICE + "/sriov_numvfs")).isEqualTo("1");
        assertThat(node.value(DEVICE + "/net/ens1f0/mtu")).isEqualTo("1400");
    }
}
