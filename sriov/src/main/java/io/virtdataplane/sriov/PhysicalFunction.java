package io.virtdataplane.sriov;

import java.util.List;

/**
 * One PF as it is now.
 *
 * @param totalVfs what the card can have
 * @param numVfs what it has
 */
public record PhysicalFunction(
        PciFunction pci, Netdev netdev, int totalVfs, int numVfs, List<VirtualFunction> vfs) {
    static final String INTEL = "8086";
    static final String MELLANOX = "15b3";

    public PhysicalFunction {
        vfs = List.copyOf(vfs);
    }

    public String address() {
        return pci.address();
    }

    public String name() {
        return netdev.name();
    }

    /** Its number of the VF at this address; -1: it has no such VF. */
    int indexOf(String vfAddress) {
        return vfs.stream()
                .filter(vf -> vf.address().equals(vfAddress))
                .mapToInt(VirtualFunction::index)
                .findFirst()
                .orElse(-1);
    }

    /** The same PF, had its network device these names. */
    PhysicalFunction named(String name, List<String> altNames) {
        return new PhysicalFunction(pci, netdev.named(name, altNames), totalVfs, numVfs, vfs);
    }

    public boolean isIntel() {
        return pci.vendor().equals(INTEL);
    }
}
