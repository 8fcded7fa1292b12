package io.virtdataplane.daemon.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.api.ApplyPolicyRequest;
import io.virtdataplane.api.AttachVfRequest;
import io.virtdataplane.api.RemovePolicyRequest;
import io.virtdataplane.api.SriovGrpc;
import io.virtdataplane.daemon.control.SriovLab;
import io.virtdataplane.daemon.rpc.UnixServer;
import io.virtdataplane.daemon.sriov.CardInTree;
import io.virtdataplane.daemon.sriov.SriovConfig;
import io.virtdataplane.kubelet.deviceplugin.AllocateRequest;
import io.virtdataplane.kubelet.deviceplugin.ContainerAllocateRequest;
import io.virtdataplane.kubelet.deviceplugin.ContainerAllocateResponse;
import io.virtdataplane.kubelet.deviceplugin.ContainerPreferredAllocationRequest;
import io.virtdataplane.kubelet.deviceplugin.Device;
import io.virtdataplane.kubelet.deviceplugin.DevicePluginGrpc;
import io.virtdataplane.kubelet.deviceplugin.DeviceSpec;
import io.virtdataplane.kubelet.deviceplugin.Empty;
import io.virtdataplane.kubelet.deviceplugin.ListAndWatchResponse;
import io.virtdataplane.kubelet.deviceplugin.PreferredAllocationRequest;
import io.virtdataplane.kubelet.deviceplugin.RegisterRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a kubelet's side of the API, on its sockets: it registers, asks, and is started anew. */
@Timeout(60)
class DevicePluginsTest {
    private static final String POLICY =
            """
            apiVersion: sriovnetwork.openshift.io/v1
            kind: SriovNetworkNodePolicy
            metadata: {name: p1}
            spec:
              resourceName: intel-net
              numVfs: 4
              nicSelector: {pfNames: [ens1f0]}
              deviceType: vfio-pci
              needVhostNet: true
            """;

    private static final String VHOST =
            "\"vhost\":{\"net-mount\":\"/dev/vhost-net\",\"tun-mount\":\"/dev/net/tun\"}";

    @TempDir private Path directory;
    private final UnixGrpc grpc = new UnixGrpc();
    private final KubeletStandIn kubelet = new KubeletStandIn();
    private Path plugins;
    private CardInTree card;
    private UnixServer registration;
    private SriovLab control;
    private SriovGrpc.SriovBlockingStub sriov;

    @BeforeEach
    void start() throws IOException {
        card = new CardInTree(directory.resolve("sys"), 4);
        plugins = Files.createDirectories(directory.resolve("k"));
        registration = grpc.serve(plugins.resolve("kubelet.sock"), kubelet);
        SriovConfig config =
                SriovConfig.DEFAULT
                        .withProc(Files.createDirectories(directory.resolve("proc")))
                        .withDevicePlugins(plugins.toString())
                        .withDeviceInfo(directory.resolve("devinfo"));
        control = new SriovLab(card, config, directory.resolve("state"));
        grpc.serve(directory.resolve("c.sock"), control.service());
        sriov = SriovGrpc.newBlockingStub(grpc.connect(directory.resolve("c.sock")));
        sriov.applyPolicy(ApplyPolicyRequest.newBuilder().setManifest(POLICY).build());
    }

    @AfterEach
    void stop() {
        grpc.close();
        control.close();
    }

    private DevicePluginGrpc.DevicePluginBlockingStub plugin() throws InterruptedException {
        return DevicePluginGrpc.newBlockingStub(
                grpc.connect(plugins.resolve(kubelet.next().getEndpoint())));
    }

    @Test
    void resourceIsRegisteredOnItsOwnSocket() throws InterruptedException {
        RegisterRequest request = kubelet.next();
        assertThat(request.getVersion()).isEqualTo("v1beta1");
        assertThat(request.getResourceName()).isEqualTo("openshift.io/intel-net");
        assertThat(request.getEndpoint()).isEqualTo("openshift.io_intel-net.sock");
        assertThat(request.getOptions().getGetPreferredAllocationAvailable()).isTrue();
        assertThat(request.getOptions().getPreStartRequired()).isFalse();
        assertThat(plugins.resolve(request.getEndpoint())).exists();
    }

    /**
     * Else Multus knows no PCI address for the pod's network-status, and KubeVirt starts no
     * machine.
     */
    @Test
    void multusIsToldWhichPciDeviceEachVfIs() throws Exception {
        kubelet.next();
        Path info = directory.resolve("devinfo/openshift.io-intel-net-0000:02:02.3-device.json");
        await(info, true);
        assertThat(Files.readString(info))
                .isEqualTo(
                        "{\"type\":\"pci\",\"version\":\"1.1.0\",\"pci\":{\"pci-address\":\"0000:02:02.3\"}}");
        assertThat(directory.resolve("devinfo")).isDirectoryContaining("glob:**device.json");
        sriov.removePolicy(RemovePolicyRequest.newBuilder().setName("p1").build());
        await(info, false);
        assertThat(directory.resolve("devinfo")).isEmptyDirectory();
    }

    private static void await(Path file, boolean there) throws InterruptedException {
        while (Files.exists(file) != there) { // the test's timeout ends it
            Thread.sleep(10);
        }
    }

    @Test
    void devicesAreListedAtOnceAndAgainWhenTheyChange() throws Exception {
        Iterator<ListAndWatchResponse> lists = plugin().listAndWatch(Empty.getDefaultInstance());
        List<Device> devices = lists.next().getDevicesList();
        assertThat(devices)
                .extracting(Device::getID)
                .containsExactly("0000:02:02.0", "0000:02:02.1", "0000:02:02.2", "0000:02:02.3");
        assertThat(devices).extracting(Device::getHealth).containsOnly("Healthy");
        assertThat(devices)
                .extracting(device -> device.getTopology().getNodes(0).getID())
                .containsExactly(0L, 0L, 1L, 1L);
        Files.delete(card.root.resolve("bus/pci/devices/0000:02:02.3/driver")); // nobody tells us
        long since = System.nanoTime();
        assertThat(lists.next().getDevicesList())
                .extracting(Device::getHealth)
                .containsExactly("Healthy", "Healthy", "Healthy", "Unhealthy");
        assertThat(System.nanoTime() - since).as("within seconds").isLessThan(10_000_000_000L);
    }

    @Test
    void containerGetsAddressesAndDeviceNodes() throws InterruptedException {
        ContainerAllocateResponse container =
                plugin().allocate(request("0000:02:02.1", "0000:02:02.0")).getContainerResponses(0);
        assertThat(container.getEnvsMap())
                .isEqualTo(
                        Map.of(
                                "PCIDEVICE_OPENSHIFT_IO_INTEL-NET",
                                "0000:02:02.1,0000:02:02.0",
                                "PCIDEVICE_OPENSHIFT_IO_INTEL-NET_INFO",
                                "{\"0000:02:02.0\":{\"generic\":{\"deviceID\":\"0000:02:02.0\"},\"vfio\":{\"dev-mount\":\"/dev/vfio/40\",\"mount\":\"/dev/vfio/vfio\"},"
                                        + VHOST
                                        + "},"
                                        + "\"0000:02:02.1\":{\"generic\":{\"deviceID\":\"0000:02:02.1\"},\"vfio\":{\"dev-mount\":\"/dev/vfio/41\",\"mount\":\"/dev/vfio/vfio\"},"
                                        + VHOST
                                        + "}}"));
        assertThat(container.getDevicesList())
                .extracting(DeviceSpec::getHostPath)
                .containsExactly(
                        "/dev/vfio/vfio",
                        "/dev/vfio/41",
                        "/dev/vhost-net",
                        "/dev/net/tun",
                        "/dev/vfio/40");
        assertThat(container.getDevicesList())
                .extracting(DeviceSpec::getPermissions)
                .containsOnly("rw");
    }

    @Test
    void optionsAreThoseOfTheRegistration() throws InterruptedException {
        RegisterRequest request = kubelet.next();
        DevicePluginGrpc.DevicePluginBlockingStub plugin =
                DevicePluginGrpc.newBlockingStub(
                        grpc.connect(plugins.resolve(request.getEndpoint())));
        assertThat(plugin.getDevicePluginOptions(Empty.getDefaultInstance()))
                .isEqualTo(request.getOptions());
    }

    @Test
    void topologyIsLeftOutWhereThereIsNoneOrThePolicySaysSo() throws InterruptedException {
        card.put(CardInTree.vf(1) + "/numa_node", "-1");
        DevicePluginGrpc.DevicePluginBlockingStub plugin = plugin();
        assertThat(plugin.listAndWatch(Empty.getDefaultInstance()).next().getDevicesList())
                .extracting(Device::hasTopology)
                .containsExactly(true, false, true, true);
        sriov.applyPolicy(
                ApplyPolicyRequest.newBuilder()
                        .setManifest(POLICY + "  excludeTopology: true\n")
                        .build());
        assertThat(plugin.listAndWatch(Empty.getDefaultInstance()).next().getDevicesList())
                .extracting(Device::hasTopology)
                .containsOnly(false);
    }

    @Test
    void eachContainerOfARequestGetsItsOwn() throws InterruptedException {
        AllocateRequest two =
                request(CardInTree.vf(0)).toBuilder()
                        .mergeFrom(request(CardInTree.vf(1), CardInTree.vf(2)))
                        .build();
        assertThat(plugin().allocate(two).getContainerResponsesList())
                .extracting(
                        container -> container.getEnvsOrThrow("PCIDEVICE_OPENSHIFT_IO_INTEL-NET"))
                .containsExactly("0000:02:02.0", "0000:02:02.1,0000:02:02.2");
    }

    @Test
    void vfThatIsNotReadyIsNotAllocated() throws Exception {
        DevicePluginGrpc.DevicePluginBlockingStub plugin = plugin();
        Files.delete(card.root.resolve("bus/pci/devices/0000:02:02.3/driver"));
        assertThatThrownBy(() -> plugin.allocate(request(CardInTree.vf(2), CardInTree.vf(3))))
                .hasMessageContaining("devices must be ready VFs of the resource");
    }

    @Test
    void unknownDeviceIsRefused() throws InterruptedException {
        DevicePluginGrpc.DevicePluginBlockingStub plugin = plugin();
        assertThatThrownBy(() -> plugin.allocate(request("0000:09:00.0")))
                .hasMessageContaining(
                        "devices must be ready VFs of the resource (isRdma: with an RDMA device): resource=intel-net devices=[0000:09:00.0]");
    }

    private static AllocateRequest request(String... devices) {
        return AllocateRequest.newBuilder()
                .addContainerRequests(
                        ContainerAllocateRequest.newBuilder().addAllDevicesIds(List.of(devices)))
                .build();
    }

    @Test
    void preferredDevicesStandOnOneNode() throws InterruptedException {
        DevicePluginGrpc.DevicePluginBlockingStub plugin = plugin();
        String a = CardInTree.vf(0);
        String b = CardInTree.vf(1);
        String c = CardInTree.vf(2);
        String d = CardInTree.vf(3);
        assertThat(preferred(plugin, List.of(b, c, d), List.of(), 2)).containsExactly(c, d);
        assertThat(preferred(plugin, List.of(a, b, c, d), List.of(d), 2)).containsExactly(d, c);
        assertThat(preferred(plugin, List.of(a, c, d), List.of(), 1)).containsExactly(a);
        assertThat(preferred(plugin, List.of(a, b, c), List.of(), 3)).containsExactly(a, b, c);
    }

    private static List<String> preferred(
            DevicePluginGrpc.DevicePluginBlockingStub plugin,
            List<String> available,
            List<String> mustInclude,
            int size) {
        return plugin.getPreferredAllocation(
                        PreferredAllocationRequest.newBuilder()
                                .addContainerRequests(
                                        ContainerPreferredAllocationRequest.newBuilder()
                                                .addAllAvailableDeviceIDs(available)
                                                .addAllMustIncludeDeviceIDs(mustInclude)
                                                .setAllocationSize(size))
                                .build())
                .getContainerResponses(0)
                .getDeviceIDsList();
    }

    @Test
    void kubeletThatStartsAnewIsToldAgain() throws Exception {
        Path socket = plugins.resolve(kubelet.next().getEndpoint());
        registration.close();
        // As a kubelet does: all sockets in its directory are removed.
        Files.deleteIfExists(plugins.resolve("kubelet.sock"));
        Files.deleteIfExists(socket);
        grpc.serve(plugins.resolve("kubelet.sock"), kubelet);
        assertThat(kubelet.next().getResourceName()).isEqualTo("openshift.io/intel-net");
        DevicePluginGrpc.DevicePluginBlockingStub plugin =
                DevicePluginGrpc.newBlockingStub(grpc.connect(socket));
        assertThat(plugin.listAndWatch(Empty.getDefaultInstance()).next().getDevicesCount())
                .isEqualTo(4);
    }

    @Test
    void resourceWithoutPolicyLosesItsSocket() throws Exception {
        Path socket = plugins.resolve(kubelet.next().getEndpoint());
        sriov.removePolicy(RemovePolicyRequest.newBuilder().setName("p1").build());
        for (int i = 0; i < 200 && Files.exists(socket); i++) {
            Thread.sleep(50);
        }
        assertThat(socket).doesNotExist();
    }

    @Test
    void whereTheKubeletAllocatesTheDaemonDoesNotChoose() throws InterruptedException {
        kubelet.next();
        for (int i = 0; i < 100 && !control.kubelet.allocates(); i++) {
            Thread.sleep(20);
        }
        String machine =
                """
                kind: VirtualMachine
                metadata: {name: vm1}
                spec:
                  domain: {devices: {interfaces: [{name: nic1, sriov: {}}]}}
                  networks: [{name: nic1, multus: {networkName: net1}}]
                """;
        assertThatThrownBy(
                        () ->
                                sriov.attachVf(
                                        AttachVfRequest.newBuilder().setManifest(machine).build()))
                .hasMessageContaining("pci_addresses must be given where a kubelet allocates VFs");
    }
}
