package io.virtdataplane.sriov;

/**
 * What PCI says of a physical or virtual function.
 *
 * @param address such as 0000:02:00.1
 * @param driver bound to it; empty: none
 * @param numaNode -1 where the machine has none
 */
public record PciFunction(
        String address, Model model, String driver, int numaNode, IommuGroup iommu) {
    static final String VFIO = "vfio-pci";

    /** Who made the card and which one it is, each four hexadecimal digits. */
    public record Model(String vendor, String deviceId) {}

    /**
     * What the function shares its view of memory with.
     *
     * @param number -1 without a group
     * @param noIommu the group is one that vfio made up, since the kernel has no IOMMU
     */
    public record IommuGroup(int number, boolean noIommu) {
        static final IommuGroup NONE = new IommuGroup(-1, false);
    }

    public String vendor() {
        return model.vendor();
    }

    public String deviceId() {
        return model.deviceId();
    }

    public int iommuGroup() {
        return iommu.number();
    }

    public boolean noIommu() {
        return iommu.noIommu();
    }

    /** The group's device node on the node; drivers/vfio/group.c names it. */
    public String vfioDevice() {
        return "/dev/vfio/" + (noIommu() ? "noiommu-" : "") + iommuGroup();
    }

    /** Bound to a driver that hands the function to user space: it has no network device. */
    public boolean isUserSpace() {
        return isUserSpace(driver);
    }

    static boolean isUserSpace(String driver) {
        return driver.equals(VFIO) || driver.equals("igb_uio") || driver.equals("uio_pci_generic");
    }
}
