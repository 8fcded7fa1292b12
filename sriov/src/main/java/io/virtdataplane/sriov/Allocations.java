package io.virtdataplane.sriov;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which VF is whose, a file for each PCI address: it outlives the daemon, but not the machine's
 * boot, and can be made by one only. Beside the owner it keeps what the owner's attachment has to
 * put back, and how far that attachment is. Whoever changes cards makes the calls that change it,
 * one at a time.
 */
public final class Allocations {
    private static final String OWNER = "owner";
    private static final String BOOT = "boot";
    private static final String PHASE = "phase";
    private static final String REQUEST = "request";
    private static final String POD = "pod";
    private final StateFile files;
    private final String bootId;

    /** How far an attachment is; a file of an earlier version has none and is ATTACHED. */
    private enum Phase {
        ATTACHING,
        ATTACHED,
        /** The guest has gone, the VF is not yet as it was. */
        RETURNING;

        static Phase of(Map<String, String> fields) {
            String word = fields.getOrDefault(PHASE, ATTACHED.word());
            return word.equals(ATTACHING.word())
                    ? ATTACHING
                    : word.equals(RETURNING.word()) ? RETURNING : ATTACHED;
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * @param bootId of the running kernel: no guest and no VF has outlived another one
     */
    public Allocations(Path stateDirectory, String bootId) {
        files = new StateFile(stateDirectory.resolve("allocations"));
        this.bootId = bootId;
        files.addresses().forEach(this::forgetOfOtherBoot);
    }

    /** Where that fails the VF stays allocated: no reason for the daemon not to start. */
    private void forgetOfOtherBoot(String address) {
        try {
            String boot = fields(address).getOrDefault(BOOT, "");
            if (!bootId.isEmpty() && !bootId.equals(boot)) { // else nothing is known of it
                files.remove(address);
            }
        } catch (SriovException e) {
            System.Logger log = System.getLogger(Allocations.class.getName());
            log.log(System.Logger.Level.WARNING, "allocation not forgotten: " + e.getMessage());
        }
    }

    /**
     * Notes the intent: until {@link #settle} this VF is one to be put back. Throws where it has an
     * owner already.
     *
     * @param request that all VFs of one request share
     */
    void take(String address, String owner, String request, Map<String, String> kept) {
        Map<String, String> fields = new LinkedHashMap<>(kept);
        fields.put(OWNER, owner);
        fields.put(REQUEST, request);
        fields.put(PHASE, Phase.ATTACHING.word());
        fields.put(BOOT, bootId);
        String pod = pod(address);
        if (!pod.isEmpty() && owner(address).isEmpty()) {
            fields.put(POD, pod); // the guest runs in it
            files.replace(address, fields);
        } else if (!files.create(address, fields)) {
            throw new SriovException(
                    "pci address " + address + " is already allocated: owner=" + owner(address));
        }
    }

    /** All VFs of the request are their owners' from the last of these writes on. */
    void settle(String request) {
        for (String address : ofRequests(Set.of(request))) {
            phase(address, Phase.ATTACHED);
        }
    }

    /** The guest has gone: the VF is to be put back, now and again until it is done. */
    void returning(String address) {
        if (Phase.of(fields(address)) != Phase.RETURNING) {
            phase(address, Phase.RETURNING);
        }
    }

    private void phase(String address, Phase phase) {
        Map<String, String> fields = new LinkedHashMap<>(fields(address));
        fields.put(PHASE, phase.word());
        files.replace(address, fields);
    }

    boolean isReturning(String address) {
        return Phase.of(fields(address)) == Phase.RETURNING;
    }

    /**
     * Addresses of the VFs that are to be put back: of guests that have gone, and of requests that
     * ended before their last VF was settled, as when the daemon was killed.
     */
    List<String> unfinished() {
        Set<String> requests = new HashSet<>();
        List<String> unfinished = new ArrayList<>();
        for (String address : files.addresses()) {
            Map<String, String> fields = fields(address);
            switch (Phase.of(fields)) {
                case ATTACHING -> requests.add(fields.getOrDefault(REQUEST, ""));
                case RETURNING -> unfinished.add(address);
                case ATTACHED -> {
                    // its guest or pod has it, unless another VF of its request says otherwise
                }
            }
        }
        for (String address : ofRequests(requests)) {
            if (!unfinished.contains(address)) {
                unfinished.add(address);
            }
        }
        return unfinished;
    }

    List<String> ofRequests(Set<String> requests) {
        List<String> addresses = new ArrayList<>();
        for (String address : files.addresses()) {
            String request =
                    fields(address).get(REQUEST); // none: of a pod, or of an earlier version
            if (request != null && requests.contains(request)) {
                addresses.add(address);
            }
        }
        return addresses;
    }

    /** What was kept of a VF; nothing where it is nobody's. */
    Map<String, String> fields(String address) {
        return files.read(address).orElse(Map.of());
    }

    /** Ends the guest's share; a pod keeps its own. */
    void release(String address) {
        String pod = pod(address);
        if (pod.isEmpty()) {
            files.remove(address);
        } else {
            files.replace(address, Map.of(POD, pod, BOOT, bootId));
        }
    }

    /** The kubelet has given the VF to a pod; in words. A guest's share stays. */
    public void takeForPod(String address, String pod) {
        if (!pod(address).equals(pod)) {
            Map<String, String> fields = new LinkedHashMap<>(fields(address));
            fields.put(POD, pod);
            fields.put(BOOT, bootId);
            files.replace(address, fields);
        }
    }

    public void releaseFromPod(String address) {
        if (owner(address).isEmpty()) {
            files.remove(address);
        } else {
            Map<String, String> fields = new LinkedHashMap<>(fields(address));
            fields.remove(POD);
            files.replace(address, fields);
        }
    }

    /** Addresses of the VFs that the kubelet has given away. */
    public List<String> ofPods() {
        return files.addresses().stream().filter(address -> !pod(address).isEmpty()).toList();
    }

    /** Which pod has it, in words; empty: none. */
    String pod(String address) {
        return fields(address).getOrDefault(POD, "");
    }

    /** Whether the kubelet may give it away: no guest has it, but for one in a pod that has it. */
    public boolean isOffered(String address) {
        Map<String, String> fields = fields(address);
        return owner(address).isEmpty()
                || fields.containsKey(POD) && Phase.of(fields) != Phase.RETURNING;
    }

    /** The guest that has it; empty: none. */
    public String owner(String address) {
        return files.read(address)
                .map(fields -> fields.getOrDefault(OWNER, fields.containsKey(POD) ? "" : "?"))
                .orElse("");
    }

    /** Of the VFs that a container runtime has asked for, by address. */
    public Map<String, PodInterface> podInterfaces() {
        Map<String, PodInterface> interfaceByAddress = new TreeMap<>();
        for (String address : files.addresses()) {
            PodInterface.of(fields(address)).ifPresent(pod -> interfaceByAddress.put(address, pod));
        }
        return interfaceByAddress;
    }

    /** Addresses of the VFs that an owner has. */
    List<String> of(String owner) {
        return files.addresses().stream().filter(address -> owner(address).equals(owner)).toList();
    }

    /** Of all VFs that a guest has, by address. */
    public Map<String, String> owners() {
        Map<String, String> ownerByAddress = new HashMap<>();
        files.addresses().forEach(address -> ownerByAddress.put(address, owner(address)));
        ownerByAddress.values().removeIf(String::isEmpty);
        return ownerByAddress;
    }
}
