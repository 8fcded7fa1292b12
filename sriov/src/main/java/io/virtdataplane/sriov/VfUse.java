package io.virtdataplane.sriov;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who uses a VF: an allocation of ours, or a process that holds its /dev/vfio/N open, whoever gave
 * it the VF. To unbind such a VF would wait in the kernel until that process ends.
 */
public final class VfUse {
    private final Allocations allocations;
    private final Path proc;

    /**
     * @param proc "/proc" in production
     */
    public VfUse(Allocations allocations, Path proc) {
        this.allocations = allocations;
        this.proc = proc;
    }

    /** The user in words; empty: free. */
    public String userOf(VirtualFunction vf) {
        return usersOf(List.of(vf)).getOrDefault(vf.address(), "");
    }

    /** Of the VFs that have one, by address; one look at all processes. */
    Map<String, String> usersOf(List<VirtualFunction> vfs) {
        Map<String, String> userByAddress = holdersOf(vfs);
        for (VirtualFunction vf : vfs) {
            if (allocations.isReturning(vf.address())) {
                userByAddress.putIfAbsent(
                        vf.address(), allocations.owner(vf.address()) + " (being put back)");
            }
        }
        return userByAddress;
    }

    /**
     * Who would lose a VF that is torn down; empty: nobody. A VF whose guest has gone may be: made
     * anew it has nothing left to put back.
     */
    String holderOf(VirtualFunction vf) {
        return holdersOf(List.of(vf)).getOrDefault(vf.address(), "");
    }

    private Map<String, String> holdersOf(List<VirtualFunction> vfs) {
        Map<String, String> userByAddress = new HashMap<>();
        Map<Path, String> addressByDevice = new HashMap<>();
        for (VirtualFunction vf : vfs) {
            String owner = allocations.owner(vf.address());
            if (!owner.isEmpty() && !allocations.isReturning(vf.address())) {
                userByAddress.put(vf.address(), owner);
            } else if (vf.pci().isUserSpace() && vf.pci().iommuGroup() >= 0) {
                addressByDevice.put(Path.of("/dev/vfio/" + vf.pci().iommuGroup()), vf.address());
            }
        }
        if (!addressByDevice.isEmpty()) {
            holders(addressByDevice, userByAddress);
        }
        return userByAddress;
    }

    void mustBeFree(PhysicalFunction pf, VirtualFunction vf) {
        String user = holderOf(vf);
        if (!user.isEmpty()) {
            throw new SriovException(
                    "VF in use must not be torn down: pf="
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
