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
     */
    public record Claim(String request, String owner, boolean ofPod) {}

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
        network.checkOn(chosen.pf());
        String pf = chosen.pf().name();
        int vf = chosen.vf().index();
        mustBeUnique(pf, vf, mac, link.read(pf));
        List<VfSetting> settings = network.settings(mac);
        allocations.take(
                chosen.address(),
                claim.owner(),
                claim.request(),
                KeptSettings.of(settings, link.read(pf, vf)));
        for (VfSetting setting : settings) {
            set(pf, vf, setting);
        }
        return chosen;
    }

    /** All VFs of the request are their owners' now. */
    public void settle(String request) {
        allocations.settle(request);
    }

    private ResourceVf free(Claim claim, SriovNetwork network, List<ResourceVf> candidates) {
        List<String> reasons = new ArrayList<>();
        for (ResourceVf candidate : candidates) {
            Optional<String> reason = unusable(claim, candidate);
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

    private Optional<String> unusable(Claim claim, ResourceVf candidate) {
        String user =
                claim.ofPod() ? use.otherThanKubelets(candidate.vf()) : use.userOf(candidate.vf());
        if (!user.isEmpty()) {
            return Optional.of("is used by " + user);
        }
        if (!candidate.vf().pci().driver().equals(PciFunction.VFIO)) {
            return Optional.of(
                    "is not bound to vfio-pci, which a virtual machine needs (deviceType: vfio-pci)");
        }
        boolean hasIommu =
                candidate.vf().pci().iommuGroup() >= 0 && !candidate.vf().pci().noIommu();
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
                        () -> setting.isIn(link.read(pf, vf)) || isUntold(pf, vf, setting));
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

    private boolean isUntold(String pf, int vf, VfSetting setting) {
        VfAttributes attributes = link.read(pf, vf);
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
