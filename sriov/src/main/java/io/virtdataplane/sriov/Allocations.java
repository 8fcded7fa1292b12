package io.virtdataplane.sriov;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which VF is whose, a file for each PCI address: it outlives the daemon, but not the machine's
 * boot, and can be made by one only. Beside the owner it keeps what the owner's attachment has to
 * put back.
 */
public final class Allocations {
    private static final String OWNER = "owner";
    private static final String BOOT = "boot";
    private final StateFile files;
    private final String bootId;

    /**
     * @param bootId of the running kernel: no guest and no VF has outlived another one
     */
    public Allocations(Path stateDirectory, String bootId) {
        files = new StateFile(stateDirectory.resolve("allocations"));
        this.bootId = bootId;
        for (String address : files.addresses()) {
            String boot = files.read(address).map(fields -> fields.get(BOOT)).orElse("");
            if (!bootId.isEmpty() && !bootId.equals(boot)) { // else nothing is known of it
                files.remove(address);
            }
        }
    }

    /** Throws where the VF has an owner already. */
    void take(String address, String owner, Map<String, String> kept) {
        Map<String, String> fields = new HashMap<>(kept);
        fields.put(OWNER, owner);
        fields.put(BOOT, bootId);
        if (!files.create(address, fields)) {
            throw new SriovException(
                    "pci address " + address + " is already allocated: owner=" + owner(address));
        }
    }

    /** What was kept; empty where the VF is not this owner's, so a late release changes nothing. */
    Optional<Map<String, String>> kept(String address, String owner) {
        return files.read(address).filter(fields -> owner.equals(fields.get(OWNER)));
    }

    void release(String address, String owner) {
        if (kept(address, owner).isPresent()) {
            files.remove(address);
        }
    }

    /** Empty: nobody's. */
    public String owner(String address) {
        return files.read(address).map(fields -> fields.getOrDefault(OWNER, "?")).orElse("");
    }

    /** Addresses of the VFs that an owner has. */
    List<String> of(String owner) {
        List<String> addresses = new ArrayList<>();
        for (String address : files.addresses()) {
            if (owner(address).equals(owner)) {
                addresses.add(address);
            }
        }
        return addresses;
    }

    /** Of all VFs that have one, by address. */
    public Map<String, String> owners() {
        Map<String, String> ownerByAddress = new HashMap<>();
        files.addresses().forEach(address -> ownerByAddress.put(address, owner(address)));
        return ownerByAddress;
    }
}
