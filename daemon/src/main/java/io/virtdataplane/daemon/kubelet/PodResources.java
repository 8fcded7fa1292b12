package io.virtdataplane.daemon.kubelet;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the kubelet which pod has which device, by its pod resources API. */
public final class PodResources implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PodResources.class);
    private static final long SECONDS = 5;
    private static final int LONGEST_ANSWER = 16 << 20; // as the kubelet's own clients have it
    private final Path socket;
    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private String complaint = "";

    /**
     * @param socket of the kubelet; it may come and go
     */
    public PodResources(Path socket) {
        this.socket = socket;
    }

    /** NAMESPACE/NAME of the pod, by device ID; empty where the kubelet does not answer. */
    public synchronized Optional<Map<String, String>> podByDevice() {
        if (!Files.exists(socket)) {
            return Optional.empty();
        }
        ManagedChannel channel =
                NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                        .channelType(EpollDomainSocketChannel.class)
                        .eventLoopGroup(loop)
                        .directExecutor()
                        .overrideAuthority("localhost") // a path is none to other servers
                        .maxInboundMessageSize(LONGEST_ANSWER)
                        .usePlaintext()
                        .build();
        try {
            Map<String, String> podByDevice =
                    podByDevice(
                            PodResourcesListerGrpc.newBlockingStub(channel)
                                    .withDeadlineAfter(SECONDS, TimeUnit.SECONDS)
                                    .list(ListPodResourcesRequest.getDefaultInstance()));
            complaint = "";
            return Optional.of(podByDevice);
        } catch (StatusRuntimeException e) {
            if (!e.toString().equals(complaint)) { // once a reason, not once a look
                complaint = e.toString();
                LOG.warn("kubelet does not tell which pod has which VF: reason={}", complaint);
            }
            return Optional.empty();
        } finally {
            channel.shutdownNow();
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

    @Override
    public void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
