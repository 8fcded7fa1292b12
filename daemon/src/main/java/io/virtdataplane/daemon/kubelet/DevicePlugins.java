package io.virtdataplane.daemon.kubelet;

import io.virtdataplane.daemon.journal.Complaint;
import io.virtdataplane.daemon.sriov.SriovNode;
import io.virtdataplane.sriov.NodeState;
import io.virtdataplane.sriov.PfPlan;
import io.virtdataplane.sriov.RdmaDevices;
import io.virtdataplane.sriov.ResourceVf;
import io.virtdataplane.sriov.Sysfs;
import io.virtdataplane.sriov.VfWatch;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.LoggerFactory;

/**
 * A device plugin for each resource that has VFs, with the kubelet that is there now: one that has
 * started anew has forgotten us and removed our sockets. A thread of its own looks for both, and
 * for VFs that have changed, so that the kubelet hears of them within a second or two.
 */
final class DevicePlugins implements AutoCloseable {
    private final SriovNode node;
    private final RdmaDevices rdma;
    private final VfWatch watch;
    private final String resourcePrefix;
    private final KubeletDirectory kubelet;
    private final Looks looks;
    private final DeviceInfoFiles infos;
    private final Map<String, DevicePlugin> pluginByResource = new HashMap<>();
    private final Thread thread =
            Thread.ofPlatform().name("device-plugins").daemon().unstarted(this::run);
    private String identity = "";
    private final Complaint complaint =
            new Complaint(
                    LoggerFactory.getLogger(DevicePlugins.class),
                    "device plugins not updated, the daemon tries again");
    private Map<String, List<ResourceVf>> vfsByResource = Map.of();
    private List<String> planned = List.of(); // PFs, by address
    private long seen = -1;
    private volatile boolean closed;
    private volatile boolean registered;

    /**
     * How a kubelet is looked for.
     *
     * @param directory of its plugins
     * @param deviceInfo directory of the files about devices
     * @param everyMs between two looks
     * @param clock nanoseconds, as System.nanoTime
     */
    record Looks(Path directory, Path deviceInfo, long everyMs, LongSupplier clock) {}

    DevicePlugins(SriovNode node, Sysfs sysfs, String resourcePrefix, Looks looks) {
        this.node = node;
        this.rdma = new RdmaDevices(sysfs);
        this.watch = new VfWatch(sysfs);
        this.resourcePrefix = resourcePrefix;
        this.kubelet = new KubeletDirectory(looks.directory());
        this.looks = looks;
        this.infos = new DeviceInfoFiles(looks.deviceInfo());
        thread.start();
    }

    /** A kubelet knows of our devices, and so gives them away. */
    boolean isRegistered() {
        return registered;
    }

    private void run() {
        while (!closed) {
            try {
                look();
            } catch (RuntimeException e) { // whatever it is, the next look may have more luck
                complaint.raise(e);
            }
            try {
                Thread.sleep(looks.everyMs());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void look() {
        String now = kubelet.identity();
        if (!now.equals(identity)) {
            closeAll();
            identity = now;
        }
        if (now.isEmpty()) {
            return;
        }
        try {
            update();
        } catch (RuntimeException e) { // those that are there go on
            complaint.raise(e);
        }
        long nowMs = looks.clock().getAsLong() / 1_000_000;
        pluginByResource.values().forEach(plugin -> plugin.look(nowMs));
        registered = pluginByResource.values().stream().anyMatch(DevicePlugin::isRegistered);
    }

    private void update() {
        long generation = node.generation();
        if (generation != seen) { // only then: to look at all cards costs
            NodeState state = node.state();
            vfsByResource = ResourceVf.byResource(state);
            planned = state.plans().stream().map(PfPlan::address).toList();
            seen = generation;
            complaint.settle();
        }
        if (watch.hasChanged(planned, vfsByResource.values())) {
            node.changed(); // whoever lists them looks again
        }
        for (String resource : Set.copyOf(pluginByResource.keySet())) {
            if (!vfsByResource.containsKey(resource)) {
                pluginByResource.remove(resource).close();
            }
        }
        for (String resource : vfsByResource.keySet()) {
            pluginByResource.computeIfAbsent(resource, this::plugin);
        }
        infos.keep(
                resourcePrefix, vfsByResource); // last: where it fails, plugins serve all the same
    }

    private DevicePlugin plugin(String resource) {
        return new DevicePlugin(
                kubelet,
                resourcePrefix + "/" + resource,
                new DevicePluginService(node, resource, resourcePrefix, rdma),
                looks.everyMs());
    }

    private void closeAll() {
        for (String resource : Set.copyOf(pluginByResource.keySet())) {
            pluginByResource.remove(resource).close();
        }
        registered = false;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closeAll();
        infos.clear();
    }
}
