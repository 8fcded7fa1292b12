package io.virtdataplane.sriov;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiscoveryTest {
    @TempDir private Path root;

    @Test
    void pfIsReadWithItsVfs() {
        FakeNode node = new FakeNode(root).withCard(64);
        node.sysfs().write("bus/pci/devices/" + FakeNode.PF + "/sriov_numvfs", "2");
        List<PhysicalFunction> pfs = new Discovery(node.sysfs()).physicalFunctions();
        assertThat(pfs).hasSize(1);
        PhysicalFunction pf = pfs.getFirst();
        assertThat(pf.pci())
                .isEqualTo(
                        new PciFunction(
                                FakeNode.PF,
                                new PciFunction.Model("8086", "158b"),
                                "i40e",
                                1,
                                PciFunction.IommuGroup.NONE));
        assertThat(pf.netdev())
                .isEqualTo(
                        new Netdev(
                                new Netdev.Names("ens1f0", List.of()),
                                "3c:fd:fe:00:00:01",
                                1500,
                                new Netdev.Link("25000 Mb/s", "ETH", false)));
        assertThat(pf.totalVfs()).isEqualTo(64);
        assertThat(pf.numVfs()).isEqualTo(2);
        assertThat(pf.vfs()).extracting(VirtualFunction::index).containsExactly(0, 1);
        assertThat(pf.vfs().get(1).pci())
                .isEqualTo(
                        new PciFunction(
                                "0000:02:02.1",
                                new PciFunction.Model("8086", "154c"),
                                "iavf",
                                1,
                                new PciFunction.IommuGroup(41, false)));
        assertThat(pf.vfs().get(1).netdev().mac()).isEqualTo("02:00:00:00:00:01");
    }

    @Test
    void virtioFunctionHasItsNetworkDeviceOneLevelDeeper() {
        FakeNode node = new FakeNode(root);
        String device = "bus/pci/devices/0000:07:00.0";
        node.put(device + "/sriov_totalvfs", "4");
        node.put(device + "/virtio3/net/eth5/mtu", "1500");
        assertThat(new Discovery(node.sysfs()).physicalFunctions())
                .extracting(PhysicalFunction::name)
                .containsExactly("eth5");
    }

    @Test
    void pfHasItsAlternativeNamesAndTheTypeOfItsLink() {
        FakeNode node = new FakeNode(root).withCard(64);
        node.altNames.add("enp2s0f0");
        node.put("bus/pci/devices/" + FakeNode.PF + "/net/ens1f0/type", "32");
        Netdev netdev =
                new Discovery(node.sysfs(), node::altNames).physicalFunctions().getFirst().netdev();
        assertThat(netdev.altNames()).containsExactly("enp2s0f0");
        assertThat(netdev.isNamed("enp2s0f0")).isTrue();
        assertThat(netdev.linkType()).isEqualTo("IB");
    }

    @Test
    void nodeWithoutPciHasNone() {
        assertThat(new Discovery(new Sysfs(root)).physicalFunctions()).isEmpty();
    }
}
