package io.virtdataplane.daemon.kubelet;

import io.grpc.StatusRuntimeException;
import io.virtdataplane.api.UnixChannel;
import io.virtdataplane.daemon.journal.Complaint;
import io.virtdataplane.kubelet.podresources.ContainerDevices;
import io.virtdataplane.kubelet.podresources.ContainerResources;
import io.virtdataplane.kubelet.podresources.ListPodResourcesRequest;
import io.virtdataplane.kubelet.podresources.ListPodResourcesResponse;
import io.virtdataplane.kubelet.podresources.PodResourcesListerGrpc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/** Asks the kubelet which pod has which device, by its pod resources API. */
final class PodResources {
    private static final long SECONDS = 5;
    private static final int LONGEST_ANSWER = 16 << 20; // as the kubelet's own clients have it
    private final Path socket;
    private final Complaint complaint =
            new Complaint(
                    LoggerFactory.getLogger(PodResources.class),
                    "kubelet does not report which pod has which VF");

    /**
     * @param socket of the kubelet; it may come and go
     */
    PodResources(Path socket) {
        this.socket = socket;
    }

    /** NAMESPACE/NAME of the pod, by device ID; empty where the kubelet does not answer. */
    synchronized Optional<Map<String, String>> podByDevice() {
        if (!Files.exists(socket)) {
            return Optional.empty();
        }
        try (UnixChannel kubelet = new UnixChannel(socket, LONGEST_ANSWER)) {
            Map<String, String> podByDevice =
                    podByDevice(
                            PodResourcesListerGrpc.newBlockingStub(kubelet.channel())
                                    .withDeadlineAfter(SECONDS, TimeUnit.SECONDS)
                                    .list(ListPodResourcesRequest.getDefaultInstance()));
            complaint.settle();
            return Optional.of(podByDevice);
        } catch (StatusRuntimeException e) {
            complaint.raise(e);
            return Optional.empty();
        }
    }

    private static Map<String, String> podByDevice(ListPodResourcesResponse pods) {
        Map<String, String> podByDevice = new HashMap<>();
        for (io.virtdataplane.kubelet.podresources.PodResources pod : pods.getPodResourcesList()) {
            String name = pod.getNamespace() + "/" + pod.getName();
            for (ContainerResources container : pod.getContainersList()) {
                for (ContainerDevices devices : container.getDevicesList()) {
                    devices.getDeviceIdsList().forEach(device -> podByDevice.put(device, name));
                }
            }
        }
        return podByDevice;
    }
}
