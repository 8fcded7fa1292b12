package io.virtdataplane.sriov;

/**
 * One VF as it is now.
 *
 * @param index its number on the PF
 */
public record VirtualFunction(int index, PciFunction pci, Netdev netdev) {
    public String address() {
        return pci.address();
    }
}
