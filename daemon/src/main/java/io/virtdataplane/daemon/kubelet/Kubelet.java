package io.virtdataplane.daemon.kubelet;

import io.virtdataplane.daemon.sriov.SriovConfig;
import io.virtdataplane.daemon.sriov.SriovControl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * What SR-IOV and the kubelet are to each other: it is asked which pod has which device, and once
 * {@link #serve} was called it is offered the VFs.
 */
public final class Kubelet implements AutoCloseable {
    private static final long LOOK_MS = 1000;
    private final Path directory;
    private final PodResources pods;
    private volatile DevicePlugins plugins; // null: it is offered nothing

    public Kubelet(SriovConfig config) {
        directory = config.offer().directory();
        pods = new PodResources(directory.resolveSibling("pod-resources").resolve("kubelet.sock"));
    }

    /** NAMESPACE/NAME of the pod, by device; empty where there is no kubelet that answers. */
    public Optional<Map<String, String>> podByDevice() {
        return Files.isDirectory(directory) ? pods.podByDevice() : Optional.empty();
    }

    /** It knows of our devices, and so gives them away. */
    public boolean allocates() {
        DevicePlugins now = plugins;
        return now != null && now.isRegistered();
    }

    /** Offers it the node's VFs, unless the settings say that it is to be offered none. */
    public void serve(SriovControl sriov, SriovConfig config, LongSupplier clock) {
        if (config.offer().isOn()) {
            plugins =
                    new DevicePlugins(
                            sriov.node(),
                            sriov.sysfs(),
                            config.offer().resourcePrefix(),
                            new DevicePlugins.Looks(
                                    directory,
                                    Path.of(config.offer().deviceInfo()),
                                    LOOK_MS,
                                    clock));
        }
    }

    @Override
    public void close() {
        DevicePlugins now = plugins;
        if (now != null) {
            now.close();
        }
    }
}
