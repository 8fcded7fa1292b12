package io.virtdataplane.sriov;

import io.virtdataplane.wire.AddressText;

/**
 * Gives one VF the driver and MTU of its group. Called by {@link Provisioner}, which has made sure
 * that nobody uses the VF.
 */
final class VfBinding {
    private static final String DRIVERS = "bus/pci/drivers/";
    static final String VFIO_DRIVER = DRIVERS + PciFunction.VFIO;
    private static final String NO_OVERRIDE = "\0"; // an empty string would write nothing at all
    private static final int MTU_TRIES = 10;
    private static final int MAC_LENGTH = "00:00:00:00:00:00".length();
    private final Sysfs sysfs;
    private final Discovery discovery;
    private final VfLink link;
    private final Patience patience;

    VfBinding(Sysfs sysfs, VfLink link, Patience patience) {
        this.sysfs = sysfs;
        this.discovery = new Discovery(sysfs);
        this.link = link;
        this.patience = patience;
    }

    void bind(PhysicalFunction pf, VirtualFunction vf, VfGroup group) {
        String address = vf.address();
        if (driver(address).isEmpty()) {
            probe(address);
        }
        if (isKernelDriver(driver(address))) {
            keepMac(pf, vf);
        }
        switch (group.deviceType()) {
            case VFIO_PCI -> bindVfio(address);
            case NETDEVICE -> bindNetdevice(address, group);
        }
    }

    /**
     * The PF's driver notes the address that the VF drew, so that the VF still has it when a
     * guest's driver asks.
     */
    private void keepMac(PhysicalFunction pf, VirtualFunction vf) {
        String address = vf.address();
        if (!awaitNetdev(address)) {
            // Some cards lose a VF's device when many come at once: a second probe finds it.
            unbind(address);
            probe(address);
            awaitNetdev(address);
        }
        Netdev netdev = discovery.netdev(address);
        boolean hasMac = netdev.mac().length() == MAC_LENGTH; // it has none while udev renames it
        if (netdev.exists() && hasMac && !netdev.mac().equals("00:00:00:00:00:00")) {
            link.set(pf.name(), vf.index(), new VfSetting.Mac(AddressText.mac(netdev.mac())));
        }
    }

    private void bindVfio(String address) {
        unbind(address);
        String override = override(address);
        sysfs.write(override, PciFunction.VFIO);
        try {
            sysfs.write(VFIO_DRIVER + "/bind", address);
        } catch (SriovException e) {
            throw sysfs.exists(Discovery.DEVICES + address + "/iommu_group")
                    ? e
                    : new SriovException(
                            "cannot bind driver vfio-pci to device "
                                    + address
                                    + ", make sure IOMMU is enabled in BIOS. "
                                    + e.getMessage(),
                            e);
        } finally {
            sysfs.write(override, NO_OVERRIDE);
        }
    }

    private void bindNetdevice(String address, VfGroup group) {
        boolean rebind = group.isRdma() || !isKernelDriver(driver(address));
        if (rebind) { // an RDMA driver reads the address that was noted when it binds
            unbind(address);
            sysfs.write(override(address), NO_OVERRIDE);
            probe(address);
        }
        if (driver(address).isEmpty()) {
            throw new SriovException(
                    "VF must have a driver (load the module of the VF): pciAddress="
                            + address
                            + " vendor="
                            + sysfs.read(Discovery.DEVICES + address + "/vendor")
                            + " device="
                            + sysfs.read(Discovery.DEVICES + address + "/device"));
        }
        if (group.mtu() > 0) {
            mtu(address, group.mtu());
        }
    }

    private void mtu(String address, int mtu) {
        if (!awaitNetdev(address)) {
            throw new SriovException("VF must have a network device: pciAddress=" + address);
        }
        Netdev netdev = discovery.netdev(address);
        if (netdev.mtu() == mtu) {
            return;
        }
        for (int attempt = 1; ; attempt++) {
            try {
                String name = discovery.netdev(address).name(); // udev may rename it meanwhile
                String file = discovery.netDirectory(address) + "/" + name + "/mtu";
                sysfs.write(file, Integer.toString(mtu));
                return;
            } catch (SriovException e) {
                if (attempt == MTU_TRIES) { // a driver that has just bound refuses for a while
                    throw e;
                }
                patience.pause();
            }
        }
    }

    private boolean awaitNetdev(String address) {
        return patience.until(patience.netdev(), () -> discovery.netdev(address).exists());
    }

    private void unbind(String address) {
        String driver = driver(address);
        if (!driver.isEmpty()) {
            sysfs.write(DRIVERS + driver + "/unbind", address);
        }
    }

    private void probe(String address) {
        sysfs.write("bus/pci/drivers_probe", address);
    }

    private String driver(String address) {
        return sysfs.linkName(Discovery.DEVICES + address + "/driver");
    }

    private static boolean isKernelDriver(String driver) {
        return !driver.isEmpty() && !PciFunction.isUserSpace(driver);
    }

    private static String override(String address) {
        return Discovery.DEVICES + address + "/driver_override";
    }
}
