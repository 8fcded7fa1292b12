package io.virtdataplane.manifest;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The kinds of objects that are applied and deleted, by the names that kubectl knows them by. */
public enum ObjectKind {
    NODE_NETWORK_POLICY(
            "nodenetworkconfigurationpolicy.nmstate.io", "nodenetworkconfigurationpolicy", "nncp"),
    NETWORK_ATTACHMENT(
            "network-attachment-definition.k8s.cni.cncf.io",
            "network-attachment-definition",
            "net-attach-def",
            "nad"),
    SRIOV_POLICY(
            "sriovnetworknodepolicy.sriovnetwork.openshift.io",
            "sriovnetworknodepolicy",
            "sriov-policy"),
    SRIOV_NETWORK("sriovnetwork.sriovnetwork.openshift.io", "sriovnetwork", "sriov-network");

    private final List<String> names;

    ObjectKind(String... names) {
        this.names = List.of(names);
    }

    /** By any of its names. */
    public static ObjectKind of(String name) {
        return Arrays.stream(values())
                .filter(kind -> kind.names.contains(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "kind must be one of "
                                                + Arrays.stream(values())
                                                        .map(kind -> kind.names.getLast())
                                                        .collect(Collectors.joining(", "))
                                                + ": kind="
                                                + name));
    }

    /** In full, with its group. */
    @Override
    public String toString() {
        return names.getFirst();
    }
}
