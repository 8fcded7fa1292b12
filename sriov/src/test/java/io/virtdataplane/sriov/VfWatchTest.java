package io.virtdataplane.sriov;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VfWatchTest {
    private static final String VF = "bus/pci/devices/0000:02:02.0";
    @TempDir private Path root;
    private FakeNode node;
    private VfWatch watch;
    private Collection<List<ResourceVf>> vfs;

    @BeforeEach
    void start() {
        node = new FakeNode(root).withCard(8);
        node.sysfs().write("bus/pci/devices/" + FakeNode.PF + "/sriov_numvfs", "2");
        watch = new VfWatch(node.sysfs());
    }

    private void watch(Policies policy) {
        List<PhysicalFunction> pfs = new Discovery(node.sysfs()).physicalFunctions();
        List<PfPlan> plans = PfPlan.of(List.of(policy.make()), pfs, new SupportedNics(List.of()));
        NodeState state = new NodeState(pfs, plans, Map.of(), NodeState.SyncStatus.SUCCEEDED, "");
        vfs = ResourceVf.byResource(state).values();
        assertThat(watch.hasChanged(List.of(FakeNode.PF), vfs)).as("the first look").isTrue();
        assertThat(watch.hasChanged(List.of(FakeNode.PF), vfs))
                .as("nothing has happened")
                .isFalse();
    }

    private void changedOnce() {
        assertThat(watch.hasChanged(List.of(FakeNode.PF), vfs)).isTrue();
        assertThat(watch.hasChanged(List.of(FakeNode.PF), vfs)).isFalse();
    }

    @Test
    void driverThatLetsGoIsNoticed() throws IOException {
        watch(Policies.netdevice());
        Files.delete(root.resolve(VF + "/driver"));
        changedOnce();
    }

    @Test
    void vfsThatGoAndThatComeAreNoticed() {
        watch(Policies.netdevice());
        node.sysfs().write("bus/pci/devices/" + FakeNode.PF + "/sriov_numvfs", "0");
        changedOnce();
        vfs = List.of(); // what the resource has now
        changedOnce();
        node.sysfs().write("bus/pci/devices/" + FakeNode.PF + "/sriov_numvfs", "2");
        changedOnce();
    }

    @Test
    void vfMoreThanWasKnownIsNoticed() throws IOException {
        watch(Policies.netdevice());
        Files.createSymbolicLink(
                root.resolve("bus/pci/devices/" + FakeNode.PF + "/virtfn2"), root.resolve(VF));
        changedOnce();
    }

    @Test
    void mtuIsLookedAtWhereThePolicyAsksForOne() {
        watch(Policies.netdevice());
        node.put(VF + "/net/0000_02_02_0/mtu", "1400");
        assertThat(watch.hasChanged(List.of(FakeNode.PF), vfs))
                .as("nobody asked for one")
                .isFalse();
        watch(Policies.netdevice().mtu(9000));
        node.put(VF + "/net/0000_02_02_0/mtu", "1300");
        changedOnce();
    }

    @Test
    void rdmaDeviceThatComesIsNoticed() {
        watch(Policies.netdevice().rdma());
        node.put(VF + "/infiniband/mlx5_2/node_type", "1: CA");
        changedOnce();
    }
}
