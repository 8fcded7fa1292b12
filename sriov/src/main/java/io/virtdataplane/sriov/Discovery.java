package io.virtdataplane.sriov;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Finds the node's PFs and their VFs in sysfs. Stateless: each call looks anew. */
public final class Discovery {
    static final String DEVICES = "bus/pci/devices/";
    private static final String NO_IOMMU = "vfio-noiommu"; // drivers/vfio/group.c
    private static final int IFF_UP = 1; // linux/if.h
    private static final int ARPHRD_ETHER = 1; // linux/if_arp.h
    private static final int ARPHRD_INFINIBAND = 32;
    private final Sysfs sysfs;
    private final Function<String, List<String>> altNames;

    /** By their names alone. */
    public Discovery(Sysfs sysfs) {
        this(sysfs, name -> List.of());
    }

    /**
     * @param altNames alternative names of a network device: sysfs does not have them
     */
    public Discovery(Sysfs sysfs, Function<String, List<String>> altNames) {
        this.sysfs = sysfs;
        this.altNames = altNames;
    }

    /** All PFs with a network device or with VFs, by address. */
    public List<PhysicalFunction> physicalFunctions() {
        List<PhysicalFunction> found = new ArrayList<>();
        for (String address : sysfs.names(DEVICES)) {
            if (sysfs.exists(DEVICES + address + "/sriov_totalvfs")) {
                PhysicalFunction pf = physicalFunction(address);
                if (pf.netdev().exists() || pf.numVfs() > 0) {
                    found.add(pf);
                }
            }
        }
        return found;
    }

    boolean exists(String address) {
        return sysfs.exists(DEVICES + address);
    }

    /** The PF that has this VF now, whatever its network device is called. */
    PhysicalFunction physicalFunctionOf(String vfAddress) {
        return physicalFunctions().stream()
                .filter(pf -> pf.indexOf(vfAddress) >= 0)
                .findFirst()
                .orElseThrow(
                        () -> new SriovException("VF must have a PF: pciAddress=" + vfAddress));
    }

    PhysicalFunction physicalFunction(String address) {
        String device = DEVICES + address;
        List<VirtualFunction> vfs = new ArrayList<>();
        int total = sysfs.number(device + "/sriov_totalvfs", 0);
        for (int i = 0; i < total; i++) {
            String vf = sysfs.linkName(device + "/virtfn" + i);
            if (!vf.isEmpty()) {
                vfs.add(new VirtualFunction(i, pci(vf), netdev(vf)));
            }
        }
        Netdev netdev = netdev(address);
        return new PhysicalFunction(
                pci(address),
                netdev.exists() ? netdev.with(altNames.apply(netdev.name())) : netdev,
                total,
                sysfs.number(device + "/sriov_numvfs", 0),
                vfs);
    }

    private PciFunction pci(String address) {
        String device = DEVICES + address;
        return new PciFunction(
                address,
                new PciFunction.Model(
                        sysfs.read(device + "/vendor").replace("0x", ""),
                        sysfs.read(device + "/device").replace("0x", "")),
                sysfs.linkName(device + "/driver"),
                sysfs.number(device + "/numa_node", -1),
                iommu(device + "/iommu_group"));
    }

    private PciFunction.IommuGroup iommu(String link) {
        String number = sysfs.linkName(link);
        return number.isEmpty()
                ? PciFunction.IommuGroup.NONE
                : new PciFunction.IommuGroup(
                        Integer.parseInt(number), sysfs.read(link + "/name").equals(NO_IOMMU));
    }

    Netdev netdev(String address) {
        String directory = netDirectory(address);
        List<String> names = sysfs.names(directory);
        if (names.isEmpty()) {
            return Netdev.NONE;
        }
        String net = directory + "/" + names.getFirst();
        int speed = sysfs.number(net + "/speed", -1);
        return new Netdev(
                new Netdev.Names(names.getFirst(), List.of()),
                sysfs.read(net + "/address"),
                sysfs.number(net + "/mtu", 0),
                new Netdev.Link(
                        speed > 0 ? speed + " Mb/s" : "",
                        linkType(sysfs.number(net + "/type", -1)),
                        (sysfs.number(net + "/flags", 0) & IFF_UP) != 0));
    }

    private static String linkType(int hardwareType) {
        return switch (hardwareType) {
            case ARPHRD_ETHER -> "ETH";
            case ARPHRD_INFINIBAND -> "IB";
            default -> "";
        };
    }

    /** A virtio function's network device stands below its virtio device. */
    String netDirectory(String address) {
        String device = DEVICES + address;
        for (String name : sysfs.names(device)) {
            if (name.matches("virtio\\d+")) {
                return device + "/" + name + "/net";
            }
        }
        return device + "/net";
    }
}
