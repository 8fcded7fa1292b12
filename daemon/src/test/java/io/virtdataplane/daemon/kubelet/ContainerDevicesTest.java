package io.virtdataplane.daemon.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtdataplane.daemon.sriov.CardInTree;
import io.virtdataplane.kubelet.deviceplugin.ContainerAllocateResponse;
import io.virtdataplane.kubelet.deviceplugin.DeviceSpec;
import io.virtdataplane.sriov.Discovery;
import io.virtdataplane.sriov.NodePolicy.DeviceType;
import io.virtdataplane.sriov.PhysicalFunction;
import io.virtdataplane.sriov.RdmaDevices;
import io.virtdataplane.sriov.ResourceVf;
import io.virtdataplane.sriov.Sysfs;
import io.virtdataplane.sriov.VfGroup;
import io.virtdataplane.sriov.VfRange;
import io.virtdataplane.sriov.VfResource;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerDevicesTest {
    @TempDir private Path directory;
    private CardInTree card;

    @BeforeEach
    void card() {
        card = new CardInTree(directory, 2);
    }

    private ResourceVf vf(int index, DeviceType type, VfResource.Option... options) {
        PhysicalFunction pf = new Discovery(new Sysfs(directory)).physicalFunctions().getFirst();
        VfResource resource = new VfResource("net1", type, Set.of(options));
        VfGroup group = new VfGroup(resource, new VfRange(0, 1), "p1", 0);
        return new ResourceVf(pf, pf.vfs().get(index), group);
    }

    private ContainerAllocateResponse given(ResourceVf... vfs) {
        RdmaDevices rdma = new RdmaDevices(new Sysfs(directory));
        return new ContainerDevices("openshift.io", "net1", rdma).of(List.of(vfs));
    }

    @Test
    void vfioIsThereInWhateverOrderTheKubeletAsks() {
        ContainerAllocateResponse response =
                given(vf(0, DeviceType.NETDEVICE), vf(1, DeviceType.VFIO_PCI));
        assertThat(response.getDevicesList())
                .extracting(DeviceSpec::getHostPath)
                .containsExactly("/dev/vfio/vfio", "/dev/vfio/41");
    }

    @Test
    void groupWithoutAnIommuHasAnotherNameOnTheNode() {
        card.put("../../../kernel/iommu_groups/40/name", "vfio-noiommu");
        ContainerAllocateResponse response = given(vf(0, DeviceType.VFIO_PCI));
        assertThat(response.getDevicesList())
                .extracting(DeviceSpec::getHostPath)
                .containsExactly("/dev/vfio/vfio", "/dev/vfio/noiommu-40");
        assertThat(response.getDevicesList())
                .extracting(DeviceSpec::getContainerPath)
                .containsExactly("/dev/vfio/vfio", "/dev/vfio/40");
        assertThat(response.getEnvsMap().get("PCIDEVICE_OPENSHIFT_IO_NET1_INFO"))
                .contains("\"dev-mount\":\"/dev/vfio/40\"");
    }

    @Test
    void rdmaVfBringsItsDeviceNodesAndTheConnectionManager() {
        for (int i = 0; i < 2; i++) {
            card.put(CardInTree.vf(i) + "/infiniband/mlx5_" + i + "/node_type", "1: CA");
            card.put(CardInTree.vf(i) + "/infiniband_verbs/uverbs" + i + "/ibdev", "mlx5_" + i);
            card.put(CardInTree.vf(i) + "/infiniband_mad/umad" + i + "/ibdev", "mlx5_" + i);
            card.put(CardInTree.vf(i) + "/infiniband_mad/issm" + i + "/ibdev", "mlx5_" + i);
        }
        card.put("../../../class/misc/rdma_cm/dev", "10:58");
        ContainerAllocateResponse response =
                given(
                        vf(0, DeviceType.NETDEVICE, VfResource.Option.RDMA),
                        vf(1, DeviceType.NETDEVICE, VfResource.Option.RDMA));
        assertThat(response.getDevicesList())
                .extracting(DeviceSpec::getContainerPath)
                .containsExactly(
                        "/dev/infiniband/issm0",
                        "/dev/infiniband/umad0",
                        "/dev/infiniband/uverbs0",
                        "/dev/infiniband/rdma_cm",
                        "/dev/infiniband/issm1",
                        "/dev/infiniband/umad1",
                        "/dev/infiniband/uverbs1");
        assertThat(response.getDevicesList())
                .extracting(DeviceSpec::getPermissions)
                .containsOnly("rw");
        assertThat(response.getEnvsMap().get("PCIDEVICE_OPENSHIFT_IO_NET1_INFO"))
                .startsWith(
                        "{\"0000:02:02.0\":{\"generic\":{\"deviceID\":\"0000:02:02.0\"},\"rdma\":{\"issm\":\"/dev/infiniband/issm0\",\"rdma_cm\":\"/dev/infiniband/rdma_cm\",\"rdma_dev\":\"mlx5_0\",\"umad\":\"/dev/infiniband/umad0\",\"uverbs\":\"/dev/infiniband/uverbs0\"}}");
    }

    @Test
    void vfThatIsNotForRdmaKeepsItsNodesToItself() {
        card.put(CardInTree.vf(0) + "/infiniband_verbs/uverbs0/ibdev", "mlx5_0");
        assertThat(given(vf(0, DeviceType.NETDEVICE)).getDevicesList()).isEmpty();
    }
}
