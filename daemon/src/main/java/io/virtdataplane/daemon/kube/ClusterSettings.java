package io.virtdataplane.daemon.kube;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the node has to do with the Kubernetes API.
 *
 * @param isOn false: nothing
 * @param kubeconfig null: the pod's service account
 * @param guestServices guests reach the cluster's Services by their own NAT
 * @param owned kinds whose objects are brought into force here, and whose status is written
 */
public record ClusterSettings(
        boolean isOn, Path kubeconfig, boolean guestServices, Set<Owned> owned) {
    public static final ClusterSettings OFF = new ClusterSettings(false, null, false, Set.of());

    /** A kind of which nobody else may be the engine on this node. */
    public enum Owned {
        NODE_NETWORK_POLICY(ClusterKind.NODE_NETWORK_POLICY),
        NETWORK_DEFINITION(ClusterKind.NETWORK_DEFINITION),
        SRIOV_POLICY(ClusterKind.SRIOV_POLICY),
        SRIOV_NETWORK(ClusterKind.SRIOV_NETWORK),
        /** Its NICs' state is published, in an object of ours, and its ports are followed. */
        MACHINE(ClusterKind.VIRTUAL_MACHINE_INSTANCE);

        private final ClusterKind kind;

        Owned(ClusterKind kind) {
            this.kind = kind;
        }

        ClusterKind kind() {
            return kind;
        }
    }

    /**
     * @param kubeconfig empty: the pod's service account
     * @param kinds as manifests name them
     */
    public static ClusterSettings of(
            boolean isOn, String kubeconfig, boolean guestServices, List<String> kinds) {
        if (!isOn && (!kubeconfig.isEmpty() || guestServices || !kinds.isEmpty())) {
            throw new IllegalArgumentException(
                    "kubernetes.enabled must be true where other settings of kubernetes are set (or run with --kubernetes)");
        }
        EnumSet<Owned> owned = EnumSet.noneOf(Owned.class);
        kinds.forEach(kind -> owned.add(ofManifest(kind)));
        return isOn
                ? new ClusterSettings(
                        true,
                        kubeconfig.isEmpty() ? null : Path.of(kubeconfig),
                        guestServices,
                        Set.copyOf(owned))
                : OFF;
    }

    private static Owned ofManifest(String kind) {
        return Arrays.stream(Owned.values())
                .filter(each -> each.kind().kind().equals(kind))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "kubernetes.kinds must be of "
                                                + Arrays.stream(Owned.values())
                                                        .map(each -> each.kind().kind())
                                                        .collect(Collectors.joining(", "))
                                                + ": kinds="
                                                + kind));
    }

    boolean owns(Owned kind) {
        return owned.contains(kind);
    }
}
