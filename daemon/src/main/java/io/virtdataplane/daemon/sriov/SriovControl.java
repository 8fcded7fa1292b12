package io.virtdataplane.daemon.sriov;

import io.virtdataplane.daemon.object.NodeLabels;
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
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Builds what SR-IOV is made of from its settings, and takes it down; the cards stay as they are.
 */
public final class SriovControl implements AutoCloseable {
    private final Sysfs sysfs;
    private final VfLink link;
    private final SriovNode node;
    private final SriovNetworks networks = new SriovNetworks();
    private final GuestVfs guests;
    private final PodVfs pods;

    /**
     * Where cards and the kubelet are asked.
     *
     * @param link attributes of VFs
     * @param podByDevice which pod the kubelet has given which device; empty: it does not answer
     * @param kubeletAllocates a kubelet knows of our devices, and so gives them away
     */
    public record Surroundings(
            Sysfs sysfs,
            VfLink link,
            Supplier<Optional<Map<String, String>>> podByDevice,
            BooleanSupplier kubeletAllocates) {
        /** This node's cards. */
        public static Surroundings ofNode(
                SriovConfig config,
                Supplier<Optional<Map<String, String>>> podByDevice,
                BooleanSupplier kubeletAllocates) {
            return new Surroundings(
                    new Sysfs(Path.of(config.trees().sysfs())),
                    new RtnetlinkVfLink(),
                    podByDevice,
                    kubeletAllocates);
        }
    }

    /**
     * @param labels by which policies select this node
     */
    public SriovControl(
            SriovConfig config, NodeLabels labels, Path stateDirectory, Surroundings around) {
        this.sysfs = around.sysfs();
        this.link = around.link();
        Path directory = stateDirectory.resolve("sriov");
        Allocations allocations =
                new Allocations(directory, bootId(Path.of(config.trees().proc())));
        VfUse use = new VfUse(allocations, sysfs, Path.of(config.trees().proc()));
        SupportedNics supported = new SupportedNics(config.cards().supported());
        NodeReconciler reconciler = new NodeReconciler(sysfs, link, use, supported, directory);
        Discovery discovery = new Discovery(sysfs, link::altNames);
        VfAttachments attachments =
                new VfAttachments(discovery, link, use, allocations, Patience.DEFAULT);
        KubeletVfs kubelet =
                new KubeletVfs(allocations, use, discovery, around.podByDevice(), System::nanoTime);
        node = new SriovNode(discovery, reconciler, attachments, kubelet, config, labels);
        guests =
                new GuestVfs(
                        node, networks, allocations, attachments, link, around.kubeletAllocates());
        pods = new PodVfs(node, discovery, allocations, attachments, link);
    }

    private static String bootId(Path proc) {
        try {
            return Files.readString(proc.resolve("sys/kernel/random/boot_id")).strip();
        } catch (IOException e) {
            return ""; // a /proc of a test; all boots are one
        }
    }

    /** The way in of its objects; with their restoration the passes begin. */
    public SriovObjects objects() {
        return new SriovObjects(node, networks);
    }

    public SriovNode node() {
        return node;
    }

    public SriovNetworks networks() {
        return networks;
    }

    public GuestVfs guests() {
        return guests;
    }

    public PodVfs pods() {
        return pods;
    }

    public VfLink link() {
        return link;
    }

    public Sysfs sysfs() {
        return sysfs;
    }

    @Override
    public void close() {
        node.close();
    }
}
