package io.virtdataplane.daemon.sriov;

import io.virtdataplane.daemon.attach.PodNamespace;
import io.virtdataplane.sriov.Allocations;
import io.virtdataplane.sriov.Discovery;
import io.virtdataplane.sriov.PhysicalFunction;
import io.virtdataplane.sriov.PodInterface;
import io.virtdataplane.sriov.SriovException;
import io.virtdataplane.sriov.SriovNetwork;
import io.virtdataplane.sriov.VfAttachments;
import io.virtdataplane.sriov.VfLink;
import io.virtdataplane.sriov.VirtualFunction;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * Gives interfaces of pods the VFs that a container runtime names, and takes them back. The
 * runtime's key is the container and the interface: a call about a container that is over touches
 * nobody else's VF.
 */
public final class PodVfs {
    private final SriovNode node;
    private final Discovery discovery;
    private final Allocations allocations;
    private final VfAttachments attachments;
    private final VfLink link;

    PodVfs(
            SriovNode node,
            Discovery discovery,
            Allocations allocations,
            VfAttachments attachments,
            VfLink link) {
        this.node = node;
        this.discovery = discovery;
        this.allocations = allocations;
        this.attachments = attachments;
        this.link = link;
    }

    /**
     * What a runtime asks for.
     *
     * @param pod of whose namespace the inode may be left out
     * @param namespace Kubernetes' name of the pod's
     * @param machine what the VF's owner is called: the pod
     * @param address of the VF
     * @param mac 0: the VF keeps its own
     */
    public record Wanted(
            PodInterface pod,
            String namespace,
            String machine,
            String address,
            SriovNetwork network,
            long mac) {}

    /** A VF with the PF that it is of. */
    private record Found(PhysicalFunction pf, VirtualFunction vf) {}

    /**
     * All of it or nothing.
     *
     * @return the VF's MAC address, as its driver keeps it; 0: none
     */
    public long attach(Wanted wanted) {
        VfOwner owner = VfOwner.of(wanted.namespace(), wanted.machine(), wanted.pod().name());
        node.cards().lock();
        try {
            node.report(attachments.putBackUnfinished());
            if (holds(wanted.pod().containerId(), wanted.pod().name())) {
                throw new SriovException(
                        "container has this interface already: container="
                                + wanted.pod().containerId()
                                + " interface="
                                + wanted.pod().name());
            }
            Found found = find(wanted.address());
            takeBackFromGonePod(wanted.address());
            String holder = allocations.owner(wanted.address());
            if (!holder.isEmpty()) {
                throw new SriovException(
                        "pci address "
                                + wanted.address()
                                + " is already allocated: owner="
                                + holder);
            }
            set(owner, wanted, found);
            return link.read(found.pf().name(), found.vf().index()).mac();
        } finally {
            node.cards().unlock();
            node.changed();
        }
    }

    private void set(VfOwner owner, Wanted wanted, Found found) {
        String request = UUID.randomUUID().toString();
        VfAttachments.Claim claim =
                new VfAttachments.Claim(
                        request, owner.toString(), true, Optional.of(withInode(wanted.pod())));
        try {
            attachments.attachChosen(claim, wanted.network(), found.pf(), found.vf(), wanted.mac());
            attachments.settle(request);
        } catch (RuntimeException e) {
            List<String> left = attachments.rollBack(request);
            if (left.isEmpty()) {
                throw e;
            }
            node.report(left);
            throw new SriovException(e.getMessage() + "; " + String.join("; ", left), e);
        }
    }

    private static PodInterface withInode(PodInterface pod) {
        String path = pod.namespace().path();
        long inode = PodNamespace.of(path).map(PodNamespace::inode).orElse(0L);
        return new PodInterface(
                pod.containerId(),
                pod.name(),
                pod.network(),
                new PodInterface.Namespace(path, inode));
    }

    private Found find(String address) {
        for (PhysicalFunction pf : discovery.physicalFunctions()) {
            for (VirtualFunction vf : pf.vfs()) {
                if (vf.address().equals(address)) {
                    return new Found(pf, vf);
                }
            }
        }
        throw new SriovException(
                "failed to get VF information: no PF of this node has such a VF: deviceID="
                        + address);
    }

    /** Its DEL never came, or comes later. */
    private void takeBackFromGonePod(String address) {
        PodInterface pod = allocations.podInterfaces().get(address);
        if (pod != null && isGone(pod)) {
            node.report(attachments.takeBack(List.of(address)));
        }
    }

    private static boolean isGone(PodInterface pod) {
        PodInterface.Namespace namespace = pod.namespace();
        return namespace.inode() != 0
                && new PodNamespace(Path.of(namespace.path()), namespace.inode()).isGone();
    }

    private boolean holds(String containerId, String name) {
        return allocations.podInterfaces().values().stream()
                .anyMatch(pod -> pod.isOf(containerId, name));
    }

    /**
     * The interface's VF is its no more, also where it cannot be put back now: then passes try it
     * again, and nobody else gets it before. Nothing where the interface has none.
     */
    public void detach(String containerId, String name) {
        detach(pod -> pod.isOf(containerId, name));
    }

    /** All interfaces on a network that the runtime does not know. */
    public void detachUnknown(String network, Predicate<PodInterface> isKnown) {
        detach(pod -> pod.network().equals(network) && !isKnown.test(pod));
    }

    /** Of pods that have ended without a word to us. */
    public void detachGone() {
        if (allocations.podInterfaces().values().stream().anyMatch(PodVfs::isGone)) {
            detach(PodVfs::isGone);
        }
    }

    private void detach(Predicate<PodInterface> which) {
        node.cards().lock();
        try {
            List<String> addresses =
                    allocations.podInterfaces().entrySet().stream()
                            .filter(each -> which.test(each.getValue()))
                            .map(Map.Entry::getKey)
                            .toList();
            if (!addresses.isEmpty()) {
                node.report(attachments.takeBack(addresses));
                node.changed();
            }
        } finally {
            node.cards().unlock();
        }
    }

    /** Throws where the interface does not have this VF, or the VF has lost what it was set to. */
    public void check(Wanted wanted) {
        PodInterface holder = allocations.podInterfaces().get(wanted.address());
        if (holder == null || !holder.isOf(wanted.pod().containerId(), wanted.pod().name())) {
            throw new SriovException(
                    "container has no such interface with this VF: container="
                            + wanted.pod().containerId()
                            + " interface="
                            + wanted.pod().name()
                            + " deviceID="
                            + wanted.address());
        }
        Found found = find(wanted.address());
        attachments.check(wanted.network(), found.pf(), found.vf(), wanted.mac());
    }
}
