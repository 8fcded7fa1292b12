package io.virtdataplane.sriov;

/**
 * What PCI says of a physical or virtual function.
 *
 * @param address such as 0000:02:00.1
 * @param vendor four hexadecimal digits
 * @param deviceId four hexadecimal digits
 * @param driver bound to it; empty: none
 * @param numaNode -1 where the machine has none
 * @param iommuGroup -1 without one
 * @param noIommu the group is one that vfio made up, since the kernel has no IOMMU
 */
public record PciFunction(
        String address,
        String vendor,
        String deviceId,
        String driver,
        int numaNode,
        int iommuGroup,
        boolean noIommu) {
    static final String VFIO = "vfio-pci";

    /** The group's device node on the node; drivers/vfio/group.c names it. */
    public String vfioDevice() {
        return "/dev/vfio/" + (noIommu ? "noiommu-" : "") + iommuGroup;
    }

    /** Bound to a driver that hands the function to user space: it has no network device. */
    public boolean isUserSpace() {
        return isUserSpace(driver);
    }

    static boolean isUserSpace(String driver) {
        return driver.equals(VFIO) || driver.equals("igb_uio") || driver.equals("uio_pci_generic");
    }
}
