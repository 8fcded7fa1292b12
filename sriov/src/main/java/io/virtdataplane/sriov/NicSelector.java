package io.virtdataplane.sriov;

import java.util.List;

/** Which PFs a policy means: those that agree with every field that is set. */
public record NicSelector(
        String vendor, String deviceId, List<String> rootDevices, List<String> pfNames) {
    public NicSelector {
        rootDevices = List.copyOf(rootDevices);
        pfNames = List.copyOf(pfNames);
    }

    boolean isEmpty() {
        return vendor.isEmpty() && deviceId.isEmpty() && rootDevices.isEmpty() && pfNames.isEmpty();
    }

    boolean selects(PhysicalFunction pf) {
        return (vendor.isEmpty() || vendor.equals(pf.pci().vendor()))
                && (deviceId.isEmpty() || deviceId.equals(pf.pci().deviceId()))
                && (rootDevices.isEmpty() || rootDevices.contains(pf.address()))
                && (pfNames.isEmpty()
                        || pfNames.stream()
                                .anyMatch(text -> pf.netdev().isNamed(text.split("#", 2)[0])));
    }

    /** The VFs meant on a PF; all of them where its name has no range. */
    VfRange rangeOn(PhysicalFunction pf, int numVfs) {
        for (String text : pfNames) {
            PfName entry = PfName.parse(text, numVfs);
            if (pf.netdev().isNamed(entry.name()) && entry.range().isPresent()) {
                return entry.range().get();
            }
        }
        return VfRange.ofCount(numVfs);
    }
}
