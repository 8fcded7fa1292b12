package io.virtdataplane.sriov;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who uses a VF: a guest or a pod that it is allocated to; a process that holds its vfio device
 * open, whoever gave it the VF: to unbind it would wait in the kernel until that process ends; a
 * network namespace that its network device was moved to.
 */
public final class VfUse {
    /** What tells that a VF is used. */
    private enum Sign {
        GUEST,
        /** Of a guest that has gone, but the VF is not yet as it was. */
        RETURNING,
        POD,
        PROCESS,
        NAMESPACE
    }

    private static final Set<Sign> ALL = EnumSet.allOf(Sign.class);
    private static final String IOMMUFD = "/dev/vfio/devices/";
    private final Allocations allocations;
    private final Sysfs sysfs;
    private final Path proc;

    /**
     * @param proc "/proc" in production
     */
    public VfUse(Allocations allocations, Sysfs sysfs, Path proc) {
        this.allocations = allocations;
        this.sysfs = sysfs;
        this.proc = proc;
    }

    /** The user in words; empty: free. */
    public String userOf(VirtualFunction vf) {
        return user(vf, ALL);
    }

    /** Of the VFs that have one, by address; one look at all processes. */
    Map<String, String> usersOf(List<VirtualFunction> vfs) {
        return users(vfs, ALL);
    }

    /**
     * Who would lose a VF that is torn down; empty: nobody. A VF whose guest has gone may be: made
     * anew it has nothing left to put back.
     */
    String holderOf(VirtualFunction vf) {
        return user(vf, EnumSet.complementOf(EnumSet.of(Sign.RETURNING)));
    }

    /** As {@link #holderOf}, of a VF made just now: its network device may be still to come. */
    String holderOfNew(VirtualFunction vf) {
        return user(vf, EnumSet.of(Sign.GUEST, Sign.POD, Sign.PROCESS));
    }

    /**
     * A user beside the pod that the kubelet has given it to; empty: none. A network namespace is
     * none: a pod that ends gives the device back later than the kubelet gives the VF away.
     */
    public String otherThanKubelets(VirtualFunction vf) {
        return user(vf, EnumSet.of(Sign.GUEST, Sign.RETURNING, Sign.PROCESS));
    }

    private String user(VirtualFunction vf, Set<Sign> signs) {
        return users(List.of(vf), signs).getOrDefault(vf.address(), "");
    }

    private Map<String, String> users(List<VirtualFunction> vfs, Set<Sign> signs) {
        Map<String, String> userByAddress = new HashMap<>();
        Map<Path, String> addressByDevice = new HashMap<>();
        for (VirtualFunction vf : vfs) {
            String user = noted(vf.address(), signs);
            if (user.isEmpty() && signs.contains(Sign.NAMESPACE) && isElsewhere(vf)) {
                user = "another network namespace (driver " + vf.pci().driver() + ")";
            }
            if (!user.isEmpty()) {
                userByAddress.put(vf.address(), user);
            } else if (signs.contains(Sign.PROCESS)) {
                devices(vf).forEach(device -> addressByDevice.put(device, vf.address()));
            }
        }
        if (!addressByDevice.isEmpty()) {
            holders(addressByDevice, userByAddress);
        }
        return userByAddress;
    }

    private String noted(String address, Set<Sign> signs) {
        String owner = allocations.owner(address);
        boolean returning = allocations.isReturning(address);
        if (!owner.isEmpty() && signs.contains(returning ? Sign.RETURNING : Sign.GUEST)) {
            return returning ? owner + " (being restored)" : owner;
        }
        return signs.contains(Sign.POD) ? allocations.pod(address) : "";
    }

    /** A network driver has it, but sysfs shows no device: it does so in another namespace. */
    private static boolean isElsewhere(VirtualFunction vf) {
        return !vf.pci().driver().isEmpty() && !vf.pci().isUserSpace() && !vf.netdev().exists();
    }

    /** What a process opens to drive it: its group, or with iommufd the device itself. */
    private List<Path> devices(VirtualFunction vf) {
        List<Path> devices = new ArrayList<>();
        if (vf.pci().isUserSpace() && vf.pci().iommuGroup() >= 0) {
            devices.add(Path.of(vf.pci().vfioDevice()));
            devices.add(Path.of("/dev/vfio/" + vf.pci().iommuGroup())); // its name in a container
        }
        for (String name : sysfs.names(Discovery.DEVICES + vf.address() + "/vfio-dev")) {
            devices.add(Path.of(IOMMUFD + name));
        }
        return devices;
    }

    void mustBeFree(PhysicalFunction pf, VirtualFunction vf) {
        String user = holderOf(vf);
        if (!user.isEmpty()) {
            throw new SriovException(
                    "VF in use must not be removed: pf="
                            + pf.name()
                            + " vf="
                            + vf.index()
                            + " pciAddress="
                            + vf.address()
                            + " user="
                            + user);
        }
    }

    /** A VF that was free has been torn down. */
    void tornDown(VirtualFunction vf) {
        allocations.release(vf.address());
    }

    private void holders(Map<Path, String> addressByDevice, Map<String, String> userByAddress) {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                for (Path open : open(process.resolve("fd"))) {
                    String address = addressByDevice.get(open);
                    if (address != null) {
                        userByAddress.put(address, "process " + process.getFileName());
                    }
                }
            }
        } catch (IOException e) {
            throw new SriovException("cannot read " + proc + ": " + e.getMessage(), e);
        }
    }

    /** What a process has open; nothing where it or a descriptor has gone meanwhile. */
    private static List<Path> open(Path descriptors) {
        List<Path> open = new ArrayList<>();
        try (DirectoryStream<Path> links = Files.newDirectoryStream(descriptors)) {
            for (Path link : links) {
                open.add(target(link));
            }
        } catch (IOException | DirectoryIteratorException e) {
            return open;
        }
        return open;
    }

    private static Path target(Path link) {
        try {
            return Files.readSymbolicLink(link);
        } catch (IOException e) {
            return link;
        }
    }
}
