package io.virtdataplane.daemon.kubelet;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.virtdataplane.daemon.rpc.Answers;
import io.virtdataplane.daemon.sriov.SriovNode;
import io.virtdataplane.kubelet.deviceplugin.AllocateRequest;
import io.virtdataplane.kubelet.deviceplugin.AllocateResponse;
import io.virtdataplane.kubelet.deviceplugin.ContainerAllocateRequest;
import io.virtdataplane.kubelet.deviceplugin.ContainerPreferredAllocationResponse;
import io.virtdataplane.kubelet.deviceplugin.Device;
import io.virtdataplane.kubelet.deviceplugin.DevicePluginGrpc;
import io.virtdataplane.kubelet.deviceplugin.DevicePluginOptions;
import io.virtdataplane.kubelet.deviceplugin.Empty;
import io.virtdataplane.kubelet.deviceplugin.ListAndWatchResponse;
import io.virtdataplane.kubelet.deviceplugin.NUMANode;
import io.virtdataplane.kubelet.deviceplugin.PreStartContainerRequest;
import io.virtdataplane.kubelet.deviceplugin.PreStartContainerResponse;
import io.virtdataplane.kubelet.deviceplugin.PreferredAllocationRequest;
import io.virtdataplane.kubelet.deviceplugin.PreferredAllocationResponse;
import io.virtdataplane.kubelet.deviceplugin.TopologyInfo;
import io.virtdataplane.sriov.NodeState;
import io.virtdataplane.sriov.RdmaDevices;
import io.virtdataplane.sriov.ResourceVf;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the kubelet asks about one resource. A device is a VF, its ID the VF's PCI address. Each
 * answer is of the cards as they are at that moment: after a reboot addresses and groups may be
 * others.
 */
final class DevicePluginService extends DevicePluginGrpc.DevicePluginImplBase {
    static final DevicePluginOptions OPTIONS =
            DevicePluginOptions.newBuilder().setGetPreferredAllocationAvailable(true).build();
    private static final Logger LOG = LoggerFactory.getLogger(DevicePluginService.class);
    private static final int LOOK_MS = 1000;
    private final SriovNode node;
    private final String resource;
    private final RdmaDevices rdma;
    private final ContainerDevices containerDevices;
    private final AtomicInteger watches = new AtomicInteger();
    private volatile boolean failed;

    DevicePluginService(SriovNode node, String resource, String resourcePrefix, RdmaDevices rdma) {
        this.node = node;
        this.resource = resource;
        this.rdma = rdma;
        this.containerDevices = new ContainerDevices(resourcePrefix, resource, rdma);
    }

    @Override
    public void getDevicePluginOptions(
            Empty request, StreamObserver<DevicePluginOptions> response) {
        response.onNext(OPTIONS);
        response.onCompleted();
    }

    /**
     * The list at once, and again when it has changed. Where it cannot be told the call ends with
     * the reason, and {@link DevicePlugin} registers anew.
     */
    @Override
    public void listAndWatch(Empty request, StreamObserver<ListAndWatchResponse> response) {
        ServerCallStreamObserver<ListAndWatchResponse> call =
                (ServerCallStreamObserver<ListAndWatchResponse>) response;
        watches.incrementAndGet();
        try {
            watch(call);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            if (!call.isCancelled()) {
                failed = true;
                LOG.warn("ListAndWatch failed: resource={} reason={}", resource, e.toString());
                call.onError(Status.INTERNAL.withDescription(e.toString()).asRuntimeException());
            }
        } finally {
            watches.decrementAndGet();
        }
    }

    private void watch(ServerCallStreamObserver<ListAndWatchResponse> call)
            throws InterruptedException {
        ListAndWatchResponse sent = null;
        long generation = -1;
        while (!call.isCancelled()) {
            long now = node.awaitChange(generation, LOOK_MS);
            if (now == SriovNode.CLOSED) {
                return; // it would say so again and again at once
            }
            if (now != generation) {
                ListAndWatchResponse devices = devices();
                if (!devices.equals(sent)) {
                    call.onNext(devices);
                    sent = devices;
                }
                generation = now;
            }
        }
    }

    /** A kubelet listens now. */
    boolean isWatched() {
        return watches.get() > 0;
    }

    /** A ListAndWatch has ended by a fault of ours since the last {@link #forgetFailure}. */
    boolean hasFailed() {
        return failed;
    }

    void forgetFailure() {
        failed = false;
    }

    private ListAndWatchResponse devices() {
        NodeState state = node.state();
        ListAndWatchResponse.Builder devices = ListAndWatchResponse.newBuilder();
        for (ResourceVf vf : vfs(state)) {
            Device.Builder device =
                    Device.newBuilder()
                            .setID(vf.address())
                            .setHealth(isHealthy(vf) ? "Healthy" : "Unhealthy");
            int numaNode = vf.vf().pci().numaNode();
            if (numaNode >= 0 && !vf.group().excludeTopology()) {
                device.setTopology(
                        TopologyInfo.newBuilder().addNodes(NUMANode.newBuilder().setID(numaNode)));
            }
            devices.addDevices(device);
        }
        return devices.build();
    }

    private boolean isHealthy(ResourceVf vf) {
        return isReady(vf) && node.kubelet().isOffered(vf.address());
    }

    private List<ResourceVf> vfs(NodeState state) {
        return ResourceVf.byResource(state).getOrDefault(resource, List.of());
    }

    /** A VF that is to do RDMA and cannot would cost the pod its start, and tell it nothing. */
    private boolean isReady(ResourceVf vf) {
        return vf.isReady() && (!vf.group().isRdma() || !rdma.names(vf.address()).isEmpty());
    }

    /** Noted before it is answered: from then on nobody else gets the VF or takes it away. */
    @Override
    public void allocate(AllocateRequest request, StreamObserver<AllocateResponse> response) {
        node.cards().lock();
        try {
            Answers.answer(response, () -> allocate(request));
        } finally {
            node.cards().unlock();
            node.changed();
        }
    }

    private AllocateResponse allocate(AllocateRequest request) {
        Map<String, ResourceVf> readyByAddress = new HashMap<>();
        for (ResourceVf vf : vfs(node.state())) {
            if (isReady(vf)) {
                readyByAddress.put(vf.address(), vf);
            }
        }
        List<ResourceVf> all = new ArrayList<>();
        AllocateResponse.Builder containers = AllocateResponse.newBuilder();
        for (ContainerAllocateRequest container : request.getContainerRequestsList()) {
            List<String> wanted = container.getDevicesIdsList();
            if (!readyByAddress.keySet().containsAll(wanted)) {
                throw new IllegalArgumentException(
                        "devices must be ready VFs of the resource (isRdma: with an RDMA device): resource="
                                + resource
                                + " devices="
                                + wanted);
            }
            List<ResourceVf> allocated = wanted.stream().map(readyByAddress::get).toList();
            all.addAll(allocated);
            containers.addContainerResponses(containerDevices.of(allocated));
        }
        node.kubelet().allocate(resource, all);
        return containers.build();
    }

    @Override
    public void getPreferredAllocation(
            PreferredAllocationRequest request,
            StreamObserver<PreferredAllocationResponse> response) {
        NumaPreference preference = new NumaPreference(vfs(node.state()));
        PreferredAllocationResponse.Builder containers = PreferredAllocationResponse.newBuilder();
        request.getContainerRequestsList()
                .forEach(
                        container ->
                                containers.addContainerResponses(
                                        ContainerPreferredAllocationResponse.newBuilder()
                                                .addAllDeviceIDs(
                                                        preference.of(
                                                                container
                                                                        .getAvailableDeviceIDsList(),
                                                                container
                                                                        .getMustIncludeDeviceIDsList(),
                                                                container.getAllocationSize()))));
        response.onNext(containers.build());
        response.onCompleted();
    }

    @Override
    public void preStartContainer(
            PreStartContainerRequest request, StreamObserver<PreStartContainerResponse> response) {
        response.onNext(PreStartContainerResponse.getDefaultInstance());
        response.onCompleted();
    }
}
