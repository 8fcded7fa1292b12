package io.virtdataplane.daemon.sriov;

import io.grpc.BindableService;
import io.virtdataplane.daemon.control.SriovService;
import io.virtdataplane.daemon.kubelet.DevicePlugins;
import io.virtdataplane.daemon.kubelet.PodResources;
import io.virtdataplane.sriov.Allocations;
import io.virtdataplane.sriov.Discovery;
import io.virtdataplane.sriov.NodeReconciler;
import io.virtdataplane.sriov.Patience;
import io.virtdataplane.sriov.RtnetlinkVfLink;
import io.virtdataplane.sriov.SupportedNics;
import io.virtdataplane.sriov.Sysfs;
import io.virtdataplane.sriov.VfAttachments;
import io.virtdataplane.sriov.VfLink;
import io.virtdataplane.sriov.VfUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Builds all of SR-IOV from its settings, and takes it down; the cards stay as they are. */
public final class SriovControl implements AutoCloseable {
    private static final long LOOK_FOR_KUBELET_MS = 1000;
    private final SriovNode node;
    private final PodResources pods;
    private final Optional<DevicePlugins> plugins;
    private final SriovService service;
    private final SriovObjects objects;

    /** {@code labels}: by which policies select this node. */
    public SriovControl(SriovConfig config, Map<String, String> labels, Path stateDirectory) {
        this(
                config,
                labels,
                stateDirectory,
                new Sysfs(Path.of(config.sysfs())),
                new RtnetlinkVfLink());
    }

    public SriovControl(
            SriovConfig config,
            Map<String, String> labels,
            Path stateDirectory,
            Sysfs sysfs,
            VfLink link) {
        Path directory = stateDirectory.resolve("sriov");
        Allocations allocations = new Allocations(directory, bootId(Path.of(config.proc())));
        VfUse use = new VfUse(allocations, sysfs, Path.of(config.proc()));
        NodeReconciler reconciler =
                new NodeReconciler(
                        sysfs, link, use, new SupportedNics(config.supportedNics()), directory);
        Discovery discovery = new Discovery(sysfs, link::altNames);
        VfAttachments attachments =
                new VfAttachments(discovery, link, use, allocations, Patience.DEFAULT);
        Path kubelet = Path.of(config.devicePluginDirectory());
        pods = new PodResources(kubelet.resolveSibling("pod-resources").resolve("kubelet.sock"));
        KubeletVfs kubeletVfs =
                new KubeletVfs(
                        allocations,
                        use,
                        discovery,
                        () -> Files.isDirectory(kubelet) ? pods.podByDevice() : Optional.empty(),
                        System::nanoTime);
        node =
                new SriovNode(
                        discovery, reconciler, attachments, kubeletVfs, config, labels, directory);
        plugins =
                config.devicePluginDirectory().equals(SriovConfig.NO_DEVICE_PLUGIN)
                        ? Optional.empty()
                        : Optional.of(
                                new DevicePlugins(
                                        node,
                                        sysfs,
                                        config.resourcePrefix(),
                                        Path.of(config.devicePluginDirectory()),
                                        LOOK_FOR_KUBELET_MS));
        SriovNetworks networks = new SriovNetworks(directory);
        GuestVfs guests =
                new GuestVfs(
                        node, networks, allocations, attachments, link, this::pluginsAreRegistered);
        objects = new SriovObjects(node, networks);
        service = new SriovService(node, networks, guests, link, config.resourcePrefix());
    }

    private static String bootId(Path proc) {
        try {
            return Files.readString(proc.resolve("sys/kernel/random/boot_id")).strip();
        } catch (IOException e) {
            return ""; // a /proc of a test; all boots are one
        }
    }

    public BindableService service() {
        return service;
    }

    /** For files in which they stand beside others. */
    public SriovObjects objects() {
        return objects;
    }

    public SriovNode node() {
        return node;
    }

    public boolean pluginsAreRegistered() {
        return plugins.map(DevicePlugins::isRegistered).orElse(false);
    }

    @Override
    public void close() {
        plugins.ifPresent(DevicePlugins::close);
        node.close();
        pods.close();
    }
}
