package io.virtdataplane.sriov;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProvisioningTest {
    private static final Patience SHORT =
            new Patience(Duration.ofMillis(50), Duration.ofMillis(20), Duration.ofMillis(1));
    private static final String NUM_VFS = "bus/pci/devices/" + FakeNode.PF + "/sriov_numvfs";
    private static final String PF_NET = "bus/pci/devices/" + FakeNode.PF + "/net/ens1f0";
    private static final String VF0 = "0000:02:02.0";
    @TempDir private Path directory;
    private FakeNode node;
    private Allocations allocations;

    private NodeState reconcile(Policies... policies) {
        return reconciler().reconcile(Arrays.stream(policies).map(Policies::make).toList());
    }

    private NodeReconciler reconciler() {
        if (node == null) {
            node = new FakeNode(directory.resolve("sys")).withCard(64);
        }
        allocations = new Allocations(directory.resolve("state"), "boot-1");
        return new NodeReconciler(
                node.sysfs(),
                node,
                new VfUse(allocations, node.sysfs(), directory.resolve("proc")),
                new SupportedNics(List.of()),
                directory.resolve("state"),
                SHORT);
    }

    @org.junit.jupiter.api.BeforeEach
    void prepare() throws IOException {
        Files.createDirectories(directory.resolve("proc"));
        reconciler();
    }

    private static void succeeded(NodeState state) {
        assertThat(state.lastSyncError()).isEmpty();
        assertThat(state.syncStatus()).hasToString("Succeeded");
    }

    private static void failed(NodeState state, String reason) {
        assertThat(state.syncStatus()).hasToString("Failed");
        assertThat(state.lastSyncError()).contains(reason);
    }

    @Test
    void vfioIsWrittenInTheReferencesOrder() {
        succeeded(reconcile(Policies.vfio().vfs(1).mtu(9000)));
        assertThat(node.writes)
                .containsExactly(
                        "0000:02:00.0/sriov_numvfs 0",
                        "0000:02:00.0/sriov_numvfs 1",
                        "0000:02:00.0/net/ens1f0/mtu 9000",
                        "ens1f0 vf 0 mac=02:00:00:00:00:00",
                        "drivers/iavf/unbind 0000:02:02.0",
                        "0000:02:02.0/driver_override vfio-pci",
                        "drivers/vfio-pci/bind 0000:02:02.0",
                        "0000:02:02.0/driver_override -",
                        "0000:02:00.0/net/ens1f0/flags 0x1003");
    }

    @Test
    void netdeviceKeepsTheKernelsDriverAndGetsItsMtu() {
        succeeded(reconcile(Policies.netdevice().vfs(2).mtu(9000)));
        assertThat(node.writes)
                .containsExactly(
                        "0000:02:00.0/sriov_numvfs 0",
                        "0000:02:00.0/sriov_numvfs 2",
                        "0000:02:00.0/net/ens1f0/mtu 9000",
                        "ens1f0 vf 0 mac=02:00:00:00:00:00",
                        "0000:02:02.0/net/0000_02_02_0/mtu 9000",
                        "ens1f0 vf 1 mac=02:00:00:00:00:01",
                        "0000:02:02.1/net/0000_02_02_1/mtu 9000",
                        "0000:02:00.0/net/ens1f0/flags 0x1003");
    }

    @Test
    void rdmaDriverBindsAgainAfterTheMacIsNoted() {
        succeeded(reconcile(Policies.netdevice().rdma().vfs(1)));
        assertThat(node.writes)
                .containsSubsequence(
                        "ens1f0 vf 0 mac=02:00:00:00:00:00",
                        "drivers/iavf/unbind 0000:02:02.0",
                        "0000:02:02.0/driver_override -",
                        "drivers_probe 0000:02:02.0");
    }

    @Test
    void vfWithoutDriverIsProbedFirst() {
        node.vfDriver = "";
        succeeded(reconcile(Policies.vfio().vfs(1)));
        assertThat(node.writes)
                .containsSequence(
                        "drivers_probe 0000:02:02.0",
                        "0000:02:02.0/driver_override vfio-pci",
                        "drivers/vfio-pci/bind 0000:02:02.0");
    }

    @Test
    void netdeviceWithoutDriverFailsWithTheCardsIds() {
        node.vfDriver = "";
        failed(
                reconcile(Policies.netdevice().vfs(1)),
                "VF must have a driver (load the module of the VF): pciAddress=0000:02:02.0 vendor=0x8086 device=0x154c");
    }

    @Test
    void secondPassWritesNothing() {
        reconcile(Policies.vfio().vfs(4).mtu(9000));
        node.writes.clear();
        succeeded(reconcile(Policies.vfio().vfs(4).mtu(9000)));
        assertThat(node.writes).isEmpty();
    }

    @Test
    void anotherCountGoesThroughZero() {
        reconcile(Policies.vfio().vfs(2));
        node.writes.clear();
        succeeded(reconcile(Policies.vfio().vfs(3)));
        assertThat(node.writes)
                .startsWith("0000:02:00.0/sriov_numvfs 0", "0000:02:00.0/sriov_numvfs 3");
        assertThat(node.value(NUM_VFS)).isEqualTo("3");
    }

    @Test
    void mtuIsRaisedButNotLowered() {
        reconcile(Policies.vfio().vfs(1).mtu(9000));
        node.put(PF_NET + "/mtu", "9500");
        node.writes.clear();
        succeeded(reconcile(Policies.vfio().vfs(1).mtu(9000)));
        assertThat(node.writes).as("raised by hand").isEmpty();
        node.put(PF_NET + "/mtu", "1500");
        succeeded(reconcile(Policies.vfio().vfs(1).mtu(9000)));
        assertThat(node.writes)
                .as("lowered by hand")
                .containsExactly("0000:02:00.0/net/ens1f0/mtu 9000");
    }

    @Test
    void driverChangedByHandIsRepairedAndNothingElse() throws IOException {
        reconcile(Policies.vfio().vfs(2));
        Path driver = node.root.resolve("bus/pci/devices/" + VF0 + "/driver");
        Files.delete(driver);
        Files.createSymbolicLink(driver, node.root.resolve("bus/pci/drivers/iavf"));
        node.put("bus/pci/devices/" + VF0 + "/net/eth9/mtu", "1500");
        node.writes.clear();
        succeeded(reconcile(Policies.vfio().vfs(2)));
        assertThat(node.writes)
                .contains("drivers/iavf/unbind " + VF0, "drivers/vfio-pci/bind " + VF0)
                .noneMatch(write -> write.contains("numvfs") || write.contains("02:02.1"));
    }

    @Test
    void changeOfDeviceTypeRebindsWithoutTouchingTheCount() {
        reconcile(Policies.vfio().vfs(1));
        node.writes.clear();
        succeeded(reconcile(Policies.netdevice().vfs(1)));
        assertThat(node.writes)
                .containsExactly(
                        "drivers/vfio-pci/unbind " + VF0,
                        VF0 + "/driver_override -",
                        "drivers_probe " + VF0);
    }

    @Test
    void vfsOutsideEveryGroupAreLeftAlone() {
        succeeded(reconcile(Policies.vfio().vfs(4).pfs("ens1f0#1-2")));
        assertThat(node.writes)
                .noneMatch(write -> write.contains("02:02.0 ") || write.endsWith(VF0));
        assertThat(node.writes)
                .contains(
                        "drivers/vfio-pci/bind 0000:02:02.1", "drivers/vfio-pci/bind 0000:02:02.2");
    }

    @Test
    void rangeOfAnAlternativeNameIsTheRangeOfThePf() {
        node.altNames.add("enp2s0f0");
        succeeded(reconcile(Policies.vfio().vfs(4).pfs("enp2s0f0#3-3")));
        assertThat(node.writes)
                .contains("drivers/vfio-pci/bind 0000:02:02.3")
                .noneMatch(write -> write.endsWith(VF0));
    }

    @Test
    void withoutIommuTheErrorNamesTheBios() {
        node.iommu = false;
        failed(
                reconcile(Policies.vfio().vfs(1)),
                "cannot bind driver vfio-pci to device 0000:02:02.0, make sure IOMMU is enabled in BIOS. ");
        assertThat(node.value(NUM_VFS)).isEqualTo("0");
        assertThat(node.writes).endsWith("0000:02:00.0/sriov_numvfs 0");
    }

    @Test
    void cardThatMakesTooFewVfsFailsInTime() {
        node.complete = false;
        failed(
                reconcile(Policies.vfio().vfs(4)),
                "VFs must appear within 0 s: pciAddress=0000:02:00.0 wanted=4 found=3");
        assertThat(node.value(NUM_VFS)).isEqualTo("0");
    }

    @Test
    void countOverTheCardsTotalIsRefusedBeforeAnyWrite() {
        failed(
                reconcile(Policies.vfio().vfs(65)),
                "cannot config SRIOV device: NumVfs (65) is larger than TotalVfs (64)");
        assertThat(node.writes).isEmpty();
    }

    @Test
    void withoutTheVfioDriverNothingIsTouched() throws IOException {
        Files.delete(node.root.resolve("bus/pci/drivers/vfio-pci"));
        failed(reconcile(Policies.vfio()), "driver vfio-pci must be loaded (modprobe vfio-pci)");
        assertThat(node.writes).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void failureAtAnyWriteResetsAndSaysWhy(NodePolicy.DeviceType type) {
        Policies policy =
                type == NodePolicy.DeviceType.VFIO_PCI
                        ? Policies.vfio().vfs(2).mtu(9000)
                        : Policies.netdevice().rdma().vfs(2).mtu(9000);
        reconcile(policy);
        int count = node.writes.size();
        assertThat(count).isGreaterThan(10);
        for (int i = 0; i < count; i++) {
            reconcile();
            node.put(PF_NET + "/flags", "0x1002");
            node.writes.clear();
            node.failAt = i;
            NodeState state = reconcile(policy);
            boolean again = node.writes.size() > i + 1 && isVfMtu(node.writes.get(i));
            node.failAt = -1;
            if (again) { // a driver that has just bound refuses for a while
                succeeded(state);
                continue;
            }
            failed(state, "Input/output error");
            assertThat(state.lastSyncError()).as("write %d", i).startsWith("ens1f0: ");
            assertThat(node.value(NUM_VFS)).as("write %d", i).isEqualTo("0");
            assertThat(node.value(PF_NET + "/mtu")).as("write %d", i).isEqualTo("1500");
            succeeded(reconcile(policy));
        }
    }

    private static boolean isVfMtu(String write) {
        return write.startsWith("0000:02:02.") && write.endsWith("/mtu 9000");
    }

    @Test
    void oneCardsFailureDoesNotKeepTheOtherFromBeingDone() {
        node.withCard("0000:05:00.0", "8086", "158b", "ens2f0", 1);
        failed(
                reconcile(Policies.vfio().model("8086", "158b").vfs(2)),
                "ens2f0: cannot config SRIOV device");
        assertThat(node.value(NUM_VFS)).isEqualTo("2");
    }

    @Test
    void externallyManagedCardIsNeverCountedNorReset() {
        node.put(PF_NET + "/flags", "0x1003");
        failed(
                reconcile(Policies.vfio().external()),
                "externally managed PF must have at least the VFs of the policy: pf=ens1f0 numVfs=0 wanted=4");
        assertThat(node.writes).isEmpty();
        node.sysfs().write(NUM_VFS, "4");
        node.writes.clear();
        succeeded(reconcile(Policies.vfio().external()));
        assertThat(node.writes).noneMatch(write -> write.contains("numvfs"));
        node.writes.clear();
        succeeded(reconcile());
        assertThat(node.writes).as("policy removed").isEmpty();
        assertThat(node.value(NUM_VFS)).isEqualTo("4");
    }

    @Test
    void failureOnAnExternallyManagedCardResetsNothing() {
        node.sysfs().write(NUM_VFS, "4");
        node.writes.clear();
        node.failAt = 2;
        failed(reconcile(Policies.vfio().external()), "Input/output error");
        assertThat(node.value(NUM_VFS)).isEqualTo("4");
    }

    @Test
    void removalRestoresWhatWasBeforeTheFirstPolicy() {
        node.sysfs().write(NUM_VFS, "3");
        node.put(PF_NET + "/mtu", "1400");
        reconcile(Policies.vfio().vfs(8).mtu(9000));
        reconcile(Policies.vfio().vfs(6).mtu(9000));
        node.writes.clear();
        succeeded(reconcile());
        assertThat(node.writes)
                .containsExactly(
                        "0000:02:00.0/sriov_numvfs 0",
                        "0000:02:00.0/sriov_numvfs 3",
                        "0000:02:00.0/net/ens1f0/mtu 1400");
        node.writes.clear();
        succeeded(reconcile());
        assertThat(node.writes).isEmpty();
    }

    @Test
    void withoutAFileOfItsInitialStateACardIsNotReset() throws IOException {
        reconcile(Policies.vfio().vfs(2));
        Path file = directory.resolve("state/pci/" + FakeNode.PF);
        assertThat(file).content().contains("\"numVfs\": \"0\"").contains("\"mtu\": \"1500\"");
        Files.delete(file);
        node.writes.clear();
        succeeded(reconcile());
        assertThat(node.writes).isEmpty();
        assertThat(node.value(NUM_VFS)).isEqualTo("2");
    }

    @Test
    void allocatedVfIsNeverTornDown() {
        reconcile(Policies.vfio().vfs(2));
        allocations.take(VF0, "vm1/nic1", "r1", Map.of());
        allocations.settle("r1");
        node.writes.clear();
        String error =
                "VF in use must not be removed: pf=ens1f0 vf=0 pciAddress=0000:02:02.0 user=vm1/nic1";
        failed(reconcile(Policies.vfio().vfs(3)), error);
        failed(reconcile(Policies.netdevice().vfs(2)), error);
        failed(reconcile(), error);
        assertThat(node.writes).isEmpty();
        succeeded(reconcile(Policies.vfio().vfs(2)));
        allocations.release(VF0);
        succeeded(reconcile());
        assertThat(node.value(NUM_VFS)).isEqualTo("0");
    }

    @Test
    void vfThatAProcessHoldsIsNeverTornDown() throws IOException {
        NodeState state = reconcile(Policies.vfio().vfs(2));
        assertThat(state.userByAddress()).isEmpty();
        Path descriptors = Files.createDirectories(directory.resolve("proc/4711/fd"));
        Files.createSymbolicLink(descriptors.resolve("9"), Path.of("/dev/vfio/41"));
        failed(reconcile(), "vf=1 pciAddress=0000:02:02.1 user=process 4711");
        assertThat(node.value(NUM_VFS)).isEqualTo("2");
    }

    @Test
    void failureBesideAVfInUseDoesNotTakeThatVfAway() throws IOException {
        reconcile(Policies.vfio().vfs(2));
        allocations.take("0000:02:02.1", "vm1/nic1", "r1", Map.of());
        allocations.settle("r1");
        Path driver = node.root.resolve("bus/pci/devices/" + VF0 + "/driver");
        Files.delete(driver);
        Files.createSymbolicLink(driver, node.root.resolve("bus/pci/drivers/iavf"));
        node.put("bus/pci/devices/" + VF0 + "/net/eth9/mtu", "1500");
        node.writes.clear();
        node.failAt = 1;
        failed(reconcile(Policies.vfio().vfs(2)), "not reset: VF in use: vf=1");
        assertThat(node.value(NUM_VFS)).isEqualTo("2");
    }
}
