package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Gives a guest a VF of a resource, set as its network says, and takes it back, set as it was.
 * Nothing moves into the guest's namespace: QEMU opens the VF's vfio group. The caller makes one
 * call at a time.
 */
public final class VfAttachments {
    private static final String PF = "pf";
    private static final String VF = "vf";
    private final VfLink link;
    private final VfUse use;
    private final Allocations allocations;
    private final Patience patience;

    public VfAttachments(VfLink link, VfUse use, Allocations allocations, Patience patience) {
        this.link = link;
        this.use = use;
        this.allocations = allocations;
        this.patience = patience;
    }

    /**
     * @param owner of the allocation; one VF each
     * @param candidates of the network's resource
     * @param mac 0: the VF keeps its own
     */
    public ResourceVf attach(
            String owner, SriovNetwork network, List<ResourceVf> candidates, long mac) {
        ResourceVf chosen = free(network, candidates);
        network.checkOn(chosen.pf());
        String pf = chosen.pf().name();
        int vf = chosen.vf().index();
        Map<Integer, VfAttributes> now = link.read(pf);
        mustBeUnique(pf, vf, mac, now);
        List<VfSetting> settings = network.settings(mac);
        Map<String, String> kept = new HashMap<>(KeptSettings.of(settings, link.read(pf, vf)));
        kept.put(PF, pf);
        kept.put(VF, Integer.toString(vf));
        allocations.take(chosen.address(), owner, kept);
        try {
            for (VfSetting setting : settings) {
                set(pf, vf, setting);
            }
        } catch (SriovException e) {
            throw afterRelease(chosen.address(), owner, e);
        }
        return chosen;
    }

    private ResourceVf free(SriovNetwork network, List<ResourceVf> candidates) {
        List<String> reasons = new ArrayList<>();
        for (ResourceVf candidate : candidates) {
            Optional<String> reason = unusable(candidate);
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

    private Optional<String> unusable(ResourceVf candidate) {
        String user = use.userOf(candidate.vf());
        if (!user.isEmpty()) {
            return Optional.of("is used by " + user);
        }
        if (!candidate.vf().pci().driver().equals(PciFunction.VFIO)) {
            return Optional.of(
                    "is not bound to vfio-pci, which a virtual machine needs (deviceType: vfio-pci)");
        }
        return candidate.vf().pci().iommuGroup() < 0
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
                                        + MacText.of(mac)
                                        + " vf="
                                        + other);
                    }
                });
    }

    private void set(String pf, int vf, VfSetting setting) {
        link.set(pf, vf, setting);
        boolean holds =
                patience.until(
                        patience.netdev(),
                        () -> setting.isIn(link.read(pf, vf)) || isUntold(pf, vf, setting));
        if (!holds) {
            throw new SriovException(
                    "VF attribute must be what was set: pf="
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

    private SriovException afterRelease(String address, String owner, SriovException cause) {
        try {
            release(address, owner);
            return cause;
        } catch (SriovException e) {
            return new SriovException(
                    cause.getMessage() + "; putting back failed: " + e.getMessage(), cause);
        }
    }

    /** Addresses of the VFs taken back; none where the owner has none. */
    public List<String> detach(String owner) {
        List<String> addresses = allocations.of(owner);
        addresses.forEach(address -> release(address, owner));
        return addresses;
    }

    /** The allocation ends even where the VF cannot be put back: its next user sets it anew. */
    private void release(String address, String owner) {
        Map<String, String> kept = allocations.kept(address, owner).orElse(Map.of());
        try {
            String pf = kept.getOrDefault(PF, "");
            if (kept.getOrDefault(VF, "").matches("\\d+")) {
                int vf = Integer.parseInt(kept.get(VF));
                putBack(pf, vf, KeptSettings.read(kept));
            }
        } finally {
            allocations.release(address, owner);
        }
    }

    private void putBack(String pf, int vf, List<VfSetting> settings) {
        SriovException first = null;
        for (VfSetting setting : settings) {
            try {
                if (!setting.isIn(link.read(pf, vf))) {
                    link.set(pf, vf, setting);
                }
            } catch (SriovException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
