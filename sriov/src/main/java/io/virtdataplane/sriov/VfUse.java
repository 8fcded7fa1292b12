package io.virtdataplane.sriov;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

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
        String owner = allocations.owner(vf.address());
        if (!owner.isEmpty()) {
            return owner;
        }
        if (!vf.pci().isUserSpace() || vf.pci().iommuGroup() < 0) {
            return "";
        }
        return holder(Path.of("/dev/vfio/" + vf.pci().iommuGroup()));
    }

    void mustBeFree(PhysicalFunction pf, VirtualFunction vf) {
        String user = userOf(vf);
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

    private String holder(Path device) {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                if (holds(process.resolve("fd"), device)) {
                    return "process " + process.getFileName();
                }
            }
        } catch (IOException e) {
            throw new SriovException("cannot read " + proc + ": " + e.getMessage(), e);
        }
        return "";
    }

    private static boolean holds(Path descriptors, Path device) {
        try (DirectoryStream<Path> open = Files.newDirectoryStream(descriptors)) {
            for (Path descriptor : open) {
                if (Files.readSymbolicLink(descriptor).equals(device)) {
                    return true;
                }
            }
        } catch (IOException e) {
            // The process or the descriptor has gone meanwhile.
        }
        return false;
    }
}
