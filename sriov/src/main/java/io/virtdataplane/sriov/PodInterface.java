package io.virtdataplane.sriov;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The interface of a pod that a container runtime has asked a VF for.
 *
 * @param containerId of the pod's sandbox; with the interface's name the runtime's key
 * @param network of the runtime's configuration
 */
public record PodInterface(String containerId, String name, String network, Namespace namespace) {
    private static final String CONTAINER = "container";
    private static final String INTERFACE = "interface";
    private static final String NETWORK = "network";
    private static final String NETNS = "netns";
    private static final String INODE = "netnsInode";

    /**
     * The pod's network namespace.
     *
     * @param inode which tells it from a later one at the same path; 0: not known
     */
    public record Namespace(String path, long inode) {}

    /** As fields of an allocation's file. */
    Map<String, String> fields() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put(CONTAINER, containerId);
        fields.put(INTERFACE, name);
        fields.put(NETWORK, network);
        fields.put(NETNS, namespace.path());
        fields.put(INODE, Long.toString(namespace.inode()));
        return fields;
    }

    /** Empty where no runtime has asked for the VF. */
    static Optional<PodInterface> of(Map<String, String> fields) {
        if (!fields.containsKey(CONTAINER)) {
            return Optional.empty();
        }
        return Optional.of(
                new PodInterface(
                        fields.get(CONTAINER),
                        fields.getOrDefault(INTERFACE, ""),
                        fields.getOrDefault(NETWORK, ""),
                        new Namespace(fields.getOrDefault(NETNS, ""), inode(fields))));
    }

    private static long inode(Map<String, String> fields) {
        String text = fields.getOrDefault(INODE, "");
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }

    public boolean isOf(String container, String ifname) {
        return containerId.equals(container) && name.equals(ifname);
    }
}
