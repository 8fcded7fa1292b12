package io.virtdataplane.daemon.sriov;

import io.virtdataplane.sriov.Allocations;
import io.virtdataplane.sriov.Discovery;
import io.virtdataplane.sriov.PhysicalFunction;
import io.virtdataplane.sriov.ResourceVf;
import io.virtdataplane.sriov.SriovException;
import io.virtdataplane.sriov.VfUse;
import io.virtdataplane.sriov.VirtualFunction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The VFs that the kubelet has given to pods, in the same table as those of guests: noted before it
 * is answered, and compared afterwards with what it says. Where it does not answer they stay noted,
 * until the machine's next boot. The caller holds the cards' lock, but for {@link #ask}.
 */
public final class KubeletVfs {
    /** A kubelet that has just answered, or has just started, may not list the pod yet. */
    static final long GRACE_NS = 60_000_000_000L;

    private final Allocations allocations;
    private final VfUse use;
    private final Discovery discovery;
    private final Supplier<Optional<Map<String, String>>> podByDevice;
    private final LongSupplier clock;
    private final Map<String, Long> unlistedSinceNs = new HashMap<>();

    /**
     * @param podByDevice as the kubelet
     * @param clock in ns
     */
    KubeletVfs(
            Allocations allocations,
            VfUse use,
            Discovery discovery,
            Supplier<Optional<Map<String, String>>> podByDevice,
            LongSupplier clock) {
        this.allocations = allocations;
        this.use = use;
        this.discovery = discovery;
        this.podByDevice = podByDevice;
        this.clock = clock;
    }

    /** Notes all of them, or none where one is used by another than the kubelet says. */
    public void allocate(String resource, List<ResourceVf> vfs) {
        for (ResourceVf vf : vfs) {
            String user = use.otherThanKubelets(vf.vf());
            if (!user.isEmpty()) {
                throw new SriovException(
                        "VF must be free to be allocated: resource="
                                + resource
                                + " pciAddress="
                                + vf.address()
                                + " user="
                                + user);
            }
        }
        for (ResourceVf vf : vfs) {
            allocations.takeForPod(vf.address(), "a pod with " + resource);
            unlistedSinceNs.remove(vf.address());
        }
    }

    /** Whether the kubelet may give it away, or has done so. */
    public boolean isOffered(String address) {
        return allocations.isOffered(address);
    }

    /** What the kubelet says; it may take its time, so the lock is not held for this call. */
    Optional<Map<String, String>> ask() {
        return podByDevice.get();
    }

    /** Takes over what it has said; where it does not answer, the time it is silent counts not. */
    void compare(Optional<Map<String, String>> answer) {
        answer.ifPresentOrElse(this::compare, unlistedSinceNs::clear);
    }

    private void compare(Map<String, String> pods) {
        for (PhysicalFunction pf : discovery.physicalFunctions()) {
            for (VirtualFunction vf : pf.vfs()) {
                String pod = pods.get(vf.address());
                if (pod != null) {
                    allocations.takeForPod(vf.address(), "pod " + pod);
                    unlistedSinceNs.remove(vf.address());
                }
            }
        }
        long now = clock.getAsLong();
        for (String address : allocations.ofPods()) {
            if (!pods.containsKey(address)
                    && now - unlistedSinceNs.computeIfAbsent(address, unlisted -> now)
                            >= GRACE_NS) {
                allocations.releaseFromPod(address);
                unlistedSinceNs.remove(address);
            }
        }
    }
}
