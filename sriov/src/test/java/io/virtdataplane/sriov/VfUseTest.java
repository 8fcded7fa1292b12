package io.virtdataplane.sriov;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way in which a VF is used, and that it is then neither torn down nor given away. */
class VfUseTest {
    private static final Patience SHORT =
            new Patience(Duration.ofMillis(50), Duration.ofMillis(20), Duration.ofMillis(1));
    private static final String VF0 = "0000:02:02.0";
    private static final String DEVICE0 = "bus/pci/devices/" + VF0;
    private static final String NUM_VFS = "bus/pci/devices/" + FakeNode.PF + "/sriov_numvfs";
    private static final SriovNetwork NETWORK = Networks.plain().vlan(7, 0, "").make();
    @TempDir private Path directory;
    private FakeNode node;
    private Allocations allocations;
    private VfUse use;

    @BeforeEach
    void prepare() throws IOException {
        node = new FakeNode(directory.resolve("sys")).withCard(64);
        allocations = new Allocations(directory.resolve("state"), "boot-1");
        use =
                new VfUse(
                        allocations,
                        node.sysfs(),
                        Files.createDirectories(directory.resolve("proc")));
    }

    private NodeState reconcile(Policies... policies) {
        return new NodeReconciler(
                        node.sysfs(),
                        node,
                        use,
                        new SupportedNics(List.of()),
                        directory.resolve("state"),
                        SHORT)
                .reconcile(Arrays.stream(policies).map(Policies::make).toList());
    }

    /** Two VFs before, and whatever is asked two VFs afterwards. */
    private void isNeverTornDown(String user, Policies other) {
        node.writes.clear();
        String error =
                "VF in use must not be removed: pf=ens1f0 vf=0 pciAddress=0000:02:02.0 user="
                        + user;
        for (NodeState state :
                List.of(reconcile(Policies.vfio().vfs(3)), reconcile(other), reconcile())) {
            assertThat(state.lastSyncError()).contains(error);
            assertThat(state.userByAddress()).containsEntry(VF0, user);
        }
        assertThat(node.writes).isEmpty();
    }

    @Test
    void networkDeviceInAnotherNamespace() throws IOException {
        reconcile(Policies.netdevice().vfs(2));
        Files.move(node.root.resolve(DEVICE0 + "/net"), directory.resolve("elsewhere"));
        isNeverTornDown("another network namespace (driver iavf)", Policies.vfio().vfs(2));
        Files.move(directory.resolve("elsewhere"), node.root.resolve(DEVICE0 + "/net"));
        assertThat(reconcile().lastSyncError()).isEmpty();
        assertThat(node.value(NUM_VFS)).isEqualTo("0");
    }

    @Test
    void groupThatAProcessHasOpen() throws IOException {
        reconcile(Policies.vfio().vfs(2));
        Path descriptors = Files.createDirectories(directory.resolve("proc/4711/fd"));
        Files.createSymbolicLink(descriptors.resolve("9"), Path.of("/dev/vfio/40"));
        isNeverTornDown("process 4711", Policies.netdevice().vfs(2));
    }

    @Test
    void deviceThatAProcessHasOpenThroughIommufd() throws IOException {
        reconcile(Policies.vfio().vfs(2));
        node.put(DEVICE0 + "/vfio-dev/vfio3/dev", "236:3");
        Path descriptors = Files.createDirectories(directory.resolve("proc/4711/fd"));
        Files.createSymbolicLink(descriptors.resolve("9"), Path.of("/dev/vfio/devices/vfio3"));
        isNeverTornDown("process 4711", Policies.netdevice().vfs(2));
        Files.delete(descriptors.resolve("9"));
        assertThat(reconcile().lastSyncError()).isEmpty();
    }

    @Test
    void podThatTheKubeletGaveItTo() {
        reconcile(Policies.vfio().vfs(2));
        allocations.takeForPod(VF0, "pod guests/launcher");
        isNeverTornDown("pod guests/launcher", Policies.netdevice().vfs(2));
        allocations.releaseFromPod(VF0);
        assertThat(reconcile().lastSyncError()).isEmpty();
    }

    @Test
    void podsVfIsForItsGuestOnlyAndStaysThePodsAfterwards() {
        List<ResourceVf> vfs = ResourceVf.byResource(reconcile(Policies.vfio().vfs(1))).get("net1");
        VfAttachments attachments =
                new VfAttachments(new Discovery(node.sysfs()), node, use, allocations, SHORT);
        allocations.takeForPod(VF0, "pod guests/launcher");
        assertThatThrownBy(
                        () ->
                                attachments.attach(
                                        new VfAttachments.Claim("r1", "vm1/nic1", false),
                                        NETWORK,
                                        vfs,
                                        0))
                .hasMessageContaining("vfs=0000:02:02.0 is used by pod guests/launcher");
        attachments.attach(new VfAttachments.Claim("r2", "vm1/nic1", true), NETWORK, vfs, 0);
        attachments.settle("r2");
        assertThat(use.userOf(vfs.getFirst().vf())).isEqualTo("vm1/nic1");
        assertThat(attachments.detach("vm1/nic1")).containsExactly(VF0);
        assertThat(use.userOf(vfs.getFirst().vf())).isEqualTo("pod guests/launcher");
        assertThat(allocations.owners()).isEmpty();
        allocations.releaseFromPod(VF0);
        assertThat(use.userOf(vfs.getFirst().vf())).isEmpty();
    }

    @Test
    void podThatEndsBeforeItsGuestIsTakenBackLeavesTheGuestsShare() {
        List<ResourceVf> vfs = ResourceVf.byResource(reconcile(Policies.vfio().vfs(1))).get("net1");
        VfAttachments attachments =
                new VfAttachments(new Discovery(node.sysfs()), node, use, allocations, SHORT);
        allocations.takeForPod(VF0, "pod guests/launcher");
        attachments.attach(new VfAttachments.Claim("r1", "vm1/nic1", true), NETWORK, vfs, 0);
        attachments.settle("r1");
        assertThat(allocations.isOffered(VF0)).isTrue();
        allocations.releaseFromPod(VF0);
        assertThat(allocations.isOffered(VF0)).isFalse();
        assertThat(attachments.detach("vm1/nic1")).containsExactly(VF0);
        assertThat(node.attributesByVf.get(0).vlan().id()).isZero();
    }

    @Test
    void newVfsWhoseNetworkDeviceNeverCameAreTakenAwayAgain() {
        node.netdevs = false;
        NodeState state = reconcile(Policies.netdevice().vfs(2).mtu(9000));
        assertThat(state.lastSyncError())
                .isEqualTo("ens1f0: VF must have a network device: pciAddress=0000:02:02.0");
        assertThat(node.value(NUM_VFS)).isEqualTo("0");
    }
}
