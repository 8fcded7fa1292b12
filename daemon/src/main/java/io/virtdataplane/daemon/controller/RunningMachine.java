package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.virtdataplane.daemon.kube.ClusterEvents;
import io.virtdataplane.daemon.kube.ClusterKind;
import io.virtdataplane.wire.AddressText;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A VirtualMachineInstance as it runs.
 *
 * @param macs that its guest has, by its status and not by what was asked for
 * @param migrations from one cluster to another that it is part of
 */
record RunningMachine(
        String namespace,
        String name,
        String uid,
        boolean isRunning,
        Set<Long> macs,
        Set<String> migrations) {
    static RunningMachine of(GenericKubernetesResource object) {
        Map<String, Object> all = object.getAdditionalProperties();
        Object interfaces = GenericKubernetesResource.get(all, "status", "interfaces");
        Set<Long> macs = new HashSet<>();
        for (Object each : interfaces instanceof List<?> list ? list : List.of()) {
            if (each instanceof Map<?, ?> nic && nic.get("mac") instanceof String mac) {
                add(macs, mac);
            }
        }
        Set<String> migrations = new HashSet<>();
        for (String end : List.of("sourceState", "targetState")) {
            Object uid =
                    GenericKubernetesResource.get(
                            all, "status", "migrationState", end, "migrationUID");
            if (uid instanceof String text && !text.isEmpty()) {
                migrations.add(end + " " + text);
            }
        }
        return new RunningMachine(
                object.getMetadata().getNamespace(),
                object.getMetadata().getName(),
                object.getMetadata().getUid(),
                "Running".equals(GenericKubernetesResource.get(all, "status", "phase")),
                macs,
                migrations);
    }

    private static void add(Set<Long> macs, String text) {
        try {
            macs.add(AddressText.mac(text));
        } catch (IllegalArgumentException e) {
            // a guest tells what it likes
        }
    }

    /** The two are one guest that moves. */
    boolean isSameGuest(RunningMachine other) {
        return uid.equals(other.uid) || !Collections.disjoint(migrations, other.migrations);
    }

    /** As events refer to it. */
    ObjectReference reference() {
        return ClusterEvents.reference(
                ClusterKind.VIRTUAL_MACHINE_INSTANCE,
                new ObjectMetaBuilder()
                        .withNamespace(namespace)
                        .withName(name)
                        .withUid(uid)
                        .build());
    }

    String fullName() {
        return namespace + "/" + name;
    }
}
