package io.virtdataplane.daemon.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.virtdataplane.api.AttachVfRequest;
import io.virtdataplane.api.DetachVfRequest;
import io.virtdataplane.daemon.sriov.CardInTree;
import io.virtdataplane.daemon.sriov.SriovApiFixture;
import io.virtdataplane.kubelet.deviceplugin.AllocateRequest;
import io.virtdataplane.kubelet.deviceplugin.ContainerAllocateRequest;
import io.virtdataplane.kubelet.deviceplugin.Device;
import io.virtdataplane.kubelet.deviceplugin.DevicePluginGrpc;
import io.virtdataplane.kubelet.deviceplugin.Empty;
import io.virtdataplane.kubelet.deviceplugin.ListAndWatchResponse;
import io.virtdataplane.kubelet.deviceplugin.RegisterRequest;
import io.virtdataplane.kubelet.deviceplugin.RegistrationGrpc;
import io.virtdataplane.kubelet.podresources.ContainerDevices;
import io.virtdataplane.kubelet.podresources.ContainerResources;
import io.virtdataplane.kubelet.podresources.ListPodResourcesRequest;
import io.virtdataplane.kubelet.podresources.ListPodResourcesResponse;
import io.virtdataplane.kubelet.podresources.PodResources;
import io.virtdataplane.kubelet.podresources.PodResourcesListerGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two who give VFs away, the kubelet and our own attachments, from one table. */
@Timeout(60)
class KubeletAndGuestsTest extends SriovApiFixture {
    private static final String VF0 = CardInTree.vf(0);
    private static final String VF1 = CardInTree.vf(1);
    private final LinkedBlockingQueue<RegisterRequest> registrations = new LinkedBlockingQueue<>();

    @Override
    public String devicePluginDirectory() throws IOException {
        return Files.createDirectories(directory.resolve("k")).toString();
    }

    private DevicePluginGrpc.DevicePluginBlockingStub kubelet() throws Exception {
        grpc.serve(
                directory.resolve("k/kubelet.sock"),
                new RegistrationGrpc.RegistrationImplBase() {
                    @Override
                    public void register(RegisterRequest request, StreamObserver<Empty> response) {
                        registrations.add(request);
                        response.onNext(Empty.getDefaultInstance());
                        response.onCompleted();
                    }
                });
        RegisterRequest request = registrations.poll(20, TimeUnit.SECONDS);
        assertThat(request).as("registration").isNotNull();
        return DevicePluginGrpc.newBlockingStub(
                grpc.connect(directory.resolve("k/" + request.getEndpoint())));
    }

    private static AllocateRequest request(String device) {
        return AllocateRequest.newBuilder()
                .addContainerRequests(ContainerAllocateRequest.newBuilder().addDevicesIds(device))
                .build();
    }

    @Test
    void guestsVfIsUnhealthyAndNotAllocated() throws Exception {
        apply(POLICY);
        network(NETWORK);
        attach(MACHINE); // before there is a kubelet
        DevicePluginGrpc.DevicePluginBlockingStub plugin = kubelet();
        Iterator<ListAndWatchResponse> lists = plugin.listAndWatch(Empty.getDefaultInstance());
        assertThat(lists.next().getDevicesList())
                .extracting(Device::getHealth)
                .containsExactly("Unhealthy", "Healthy");
        refused(
                () -> plugin.allocate(request(VF0)),
                Status.Code.FAILED_PRECONDITION,
                "VF must be free to be allocated: resource=intel pciAddress=0000:02:02.0 user=guests/vm1/nic1");
        sriov.detachVf(DetachVfRequest.newBuilder().setName("vm1").build());
        assertThat(lists.next().getDevicesList())
                .extracting(Device::getHealth)
                .containsOnly("Healthy");
        assertThat(plugin.allocate(request(VF0)).getContainerResponsesCount()).isEqualTo(1);
    }

    @Test
    void allocatedVfIsTheKubeletsAlsoForANewDaemonWithoutOne() throws Exception {
        apply(POLICY);
        network(NETWORK);
        DevicePluginGrpc.DevicePluginBlockingStub plugin = kubelet();
        plugin.allocate(request(VF0));
        assertThat(users()).containsExactly("a pod with intel", "");
        Files.delete(directory.resolve("k/kubelet.sock"));
        restart(directory.resolve("b.sock"));
        assertThat(attach(MACHINE).getPciAddress()).as("the free one").isEqualTo(VF1);
        long pass = applyPolicy(POLICY.replace("numVfs: 2", "numVfs: 3"));
        assertThat(afterPass(pass).getLastSyncError())
                .contains("VF in use must not be removed")
                .contains("user=a pod with intel");
    }

    @Test
    void guestOfAPodHasThePodsVfWhichStaysHealthy() throws Exception {
        apply(POLICY);
        network(NETWORK);
        DevicePluginGrpc.DevicePluginBlockingStub plugin = kubelet();
        plugin.allocate(request(VF1));
        AttachVfRequest attach =
                AttachVfRequest.newBuilder().setManifest(MACHINE).addPciAddresses(VF1).build();
        assertThat(sriov.attachVf(attach).getVfs(0).getPciAddress()).isEqualTo(VF1);
        assertThat(users()).containsExactly("", "guests/vm1/nic1");
        assertThat(plugin.listAndWatch(Empty.getDefaultInstance()).next().getDevicesList())
                .extracting(Device::getHealth)
                .containsOnly("Healthy");
        sriov.detachVf(DetachVfRequest.newBuilder().setName("vm1").build());
        assertThat(users()).containsExactly("", "a pod with intel");
    }

    @Test
    void podsAreNamedByTheKubeletsPodResources() throws Exception {
        Path socket = Files.createDirectories(directory.resolve("pod-resources"));
        grpc.serve(
                socket.resolve("kubelet.sock"),
                new PodResourcesListerGrpc.PodResourcesListerImplBase() {
                    @Override
                    public void list(
                            ListPodResourcesRequest request,
                            StreamObserver<ListPodResourcesResponse> response) {
                        response.onNext(pod("guests", "launcher", VF1));
                        response.onCompleted();
                    }
                });
        apply(POLICY);
        assertThat(users()).containsExactly("", "pod guests/launcher");
    }

    private static ListPodResourcesResponse pod(String namespace, String name, String device) {
        ContainerDevices devices =
                ContainerDevices.newBuilder()
                        .setResourceName("openshift.io/intel")
                        .addAllDeviceIds(List.of(device))
                        .build();
        return ListPodResourcesResponse.newBuilder()
                .addPodResources(
                        PodResources.newBuilder()
                                .setNamespace(namespace)
                                .setName(name)
                                .addContainers(ContainerResources.newBuilder().addDevices(devices)))
                .build();
    }
}
