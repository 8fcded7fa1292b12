package io.virtdataplane.sriov;

import io.virtdataplane.wire.AddressText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives a guest a VF of a resource, set as its network says, and takes it back, set as it was.
 * Nothing moves into the guest's namespace: QEMU opens the VF's vfio group. A VF that cannot be put
 * back stays its owner's, and is tried again. The caller makes one call at a time.
 */
public final class VfAttachments {
    private final Discovery discovery;
    private final VfLink link;
    private final VfUse use;
    private final Allocations allocations;
    private final Patience patience;

    public VfAttachments(
            Discovery discovery,
            VfLink link,
            VfUse use,
            Allocations allocations,
            Patience patience) {
        this.discovery = discovery;
        this.link = link;
        this.use = use;
        this.allocations = allocations;
        this.patience = patience;
    }

    /**
     * Who wants a VF.
     *
     * @param request that all VFs of one request share
     * @param owner of the allocation; one VF each
     * @param ofPod the VF may be one that the kubelet has given to the guest's pod
     * @param runtime whom a container runtime asks for; empty: it is none that asks
     */
    public record Claim(
            String request, String owner, boolean ofPod, Optional<PodInterface> runtime) {
        public Claim(String request, String owner, boolean ofPod) {
            this(request, owner, ofPod, Optional.empty());
        }
    }

    /**
     * The VF is the owner's once the request is settled; one that is not is put back by {@link
     * #putBackUnfinished}.
     *
     * @param candidates of the network's resource
     * @param mac 0: the VF keeps its own
     */
    public ResourceVf attach(
            Claim claim, SriovNetwork network, List<ResourceVf> candidates, long mac) {
        ResourceVf chosen = free(claim, network, candidates);
        attach(claim, network, chosen.pf(), chosen.vf(), mac);
        return chosen;
    }

    /**
     * As {@link #attach(Claim, SriovNetwork, List, long)}, of the one VF that was chosen elsewhere.
     */
    public void attachChosen(
            Claim claim, SriovNetwork network, PhysicalFunction pf, VirtualFunction vf, long mac) {
        unusable(claim, vf)
                .ifPresent(
                        reason -> {
                            throw new SriovException(
                                    "VF must be one that can be given: pciAddress="
                                            + vf.address()
                                            + ": it "
                                            + reason);
                        });
        attach(claim, network, pf, vf, mac);
    }

    private void attach(
            Claim claim, SriovNetwork network, PhysicalFunction pf, VirtualFunction vf, long mac) {
        network.checkOn(pf);
        mustBeUnique(pf.name(), vf.index(), mac, link.read(pf.name()));
        List<VfSetting> settings = network.settings(mac);
        Map<String, String> fields = KeptSettings.of(settings, link.read(pf.name(), vf.index()));
        claim.runtime().ifPresent(pod -> fields.putAll(pod.fields()));
        allocations.take(vf.address(), claim.owner(), claim.request(), fields);
        for (VfSetting setting : settings) {
            set(pf.name(), vf.index(), setting);
        }
    }

    /** Throws where the VF has lost what its network gave it. */
    public void check(SriovNetwork network, PhysicalFunction pf, VirtualFunction vf, long mac) {
        VfAttributes now = link.read(pf.name(), vf.index());
        for (VfSetting setting : network.settings(mac)) {
            if (!setting.isIn(now) && !isUntold(now, setting)) {
                throw new SriovException(
                        "VF attribute must have the value that was set: pf="
                                + pf.name()
                                + " vf="
                                + vf.index()
                                + " "
                                + setting
                                + " found="
                                + now);
            }
        }
    }

    /** All VFs of the request are their owners' now. */
    public void settle(String request) {
        allocations.settle(request);
    }

    private ResourceVf free(Claim claim, SriovNetwork network, List<ResourceVf> candidates) {
        List<String> reasons = new ArrayList<>();
        for (ResourceVf candidate : candidates) {
            Optional<String> reason = unusable(claim, candidate.vf());
            if (reason.isEmpty()) {
                return candidate;
            }
            reasons.add(candidate.address() + " " + reason.get());
        }
        throw new SriovException(
                "resource must have a free VF: network="
                        + network.name()
                        + " resourceName="
                        + network.resourceName()
                        + " vfs="
                        + (reasons.isEmpty() ? "none" : String.join(", ", reasons)));
    }

    private Optional<String> unusable(Claim claim, VirtualFunction vf) {
        String user = claim.ofPod() ? use.otherThanKubelets(vf) : use.userOf(vf);
        if (!user.isEmpty()) {
            return Optional.of("is used by " + user);
        }
        if (!vf.pci().driver().equals(PciFunction.VFIO)) {
            return Optional.of(
                    "is not bound to vfio-pci, which a virtual machine needs (deviceType: vfio-pci)");
        }
        boolean hasIommu = vf.pci().iommuGroup() >= 0 && !vf.pci().noIommu();
        return !hasIommu
                ? Optional.of("has no IOMMU group; make sure IOMMU is enabled in BIOS")
                : Optional.empty();
    }

    /** A VF that an attachment has left behind may still have the address. */
    private static void mustBeUnique(
            String pf, int vf, long mac, Map<Integer, VfAttributes> attributesByVf) {
        attributesByVf.forEach(
                (other, attributes) -> {
                    if (mac != 0 && other != vf && attributes.mac() == mac) {
                        throw new SriovException(
                                "mac must be unique among the PF's VFs: pf="
                                        + pf
                                        + " mac="
                                        + AddressText.mac(mac)
                                        + " vf="
                                        + other);
                    }
                });
    }

    private void set(String pf, int vf, VfSetting setting) {
        link.set(pf, vf, setting);
        mustHold(pf, vf, setting);
    }

    private void mustHold(String pf, int vf, VfSetting setting) {
        boolean holds =
                patience.until(
                        patience.netdev(),
                        () -> {
                            VfAttributes now = link.read(pf, vf);
                            return setting.isIn(now) || isUntold(now, setting);
                        });
        if (!holds) {
            throw new SriovException(
                    "VF attribute must have the value that was set: pf="
                            + pf
                            + " vf="
                            + vf
                            + " "
                            + setting
                            + " found="
                            + link.read(pf, vf));
        }
    }

    /** The driver does not tell. */
    private static boolean isUntold(VfAttributes attributes, VfSetting setting) {
        return setting instanceof VfSetting.SpoofCheck
                        && attributes.spoofCheck() == VfSetting.Switch.UNKNOWN
                || setting instanceof VfSetting.Trust
                        && attributes.trust() == VfSetting.Switch.UNKNOWN;
    }

    /**
     * Takes back all VFs of a request that failed.
     *
     * @return what could not be put back, and why
     */
    public List<String> rollBack(String request) {
        return putBack(allocations.ofRequests(Set.of(request)));
    }

    /**
     * Puts back the VFs of guests that have gone and of requests that were never settled.
     *
     * @return what could not be put back, and why
     */
    public List<String> putBackUnfinished() {
        return putBack(allocations.unfinished());
    }

    private List<String> putBack(List<String> addresses) {
        try {
            // All of them first: a request cut short here must not look as if it were settled.
            addresses.forEach(allocations::returning);
        } catch (SriovException e) {
            return List.of(e.getMessage());
        }
        List<String> failures = new ArrayList<>();
        for (String address : addresses) {
            try {
                release(address);
            } catch (SriovException e) {
                failures.add(e.getMessage());
            }
        }
        return failures;
    }

    /**
     * Addresses of the VFs taken back; none where the owner has none. Throws where one could not be
     * put back, after all have had their turn.
     */
    public List<String> detach(String owner) {
        List<String> addresses = allocations.of(owner);
        List<String> failures = putBack(addresses);
        if (!failures.isEmpty()) {
            throw new SriovException(String.join("; ", failures));
        }
        return addresses;
    }

    /**
     * Takes back these VFs.
     *
     * @return what could not be put back yet, and why
     */
    public List<String> takeBack(List<String> addresses) {
        return putBack(addresses);
    }

    private void release(String address) {
        try {
            putBack(address, allocations.fields(address));
        } catch (RuntimeException e) { // a damaged file as well: the others have their turn
            String reason = e instanceof SriovException ? e.getMessage() : e.toString();
            throw new SriovException(
                    "VF must be restored before it is free: pciAddress="
                            + address
                            + " owner="
                            + allocations.owner(address)
                            + ": "
                            + reason,
                    e);
        }
        allocations.release(address);
    }

    private void putBack(String address, Map<String, String> kept) {
        if (!discovery.exists(address)) {
            return; // made anew it is as the driver makes it
        }
        PhysicalFunction pf = discovery.physicalFunctionOf(address);
        if (!pf.netdev().exists()) {
            throw new SriovException("PF must have a network device: pciAddress=" + pf.address());
        }
        int vf = pf.indexOf(address);
        List<VfSetting> settings = KeptSettings.read(kept);
        List<String> failures = new ArrayList<>();
        for (VfSetting setting : settings) {
            try {
                if (!setting.isIn(link.read(pf.name(), vf))) {
                    set(pf.name(), vf, setting);
                }
            } catch (SriovException e) {
                failures.add(e.getMessage());
            }
        }
        for (VfSetting setting : settings) { // a driver may change one with another
            if (failures.isEmpty()) {
                mustHold(pf.name(), vf, setting);
            }
        }
        if (!failures.isEmpty()) {
            throw new SriovException(String.join("; ", failures));
        }
    }
}
