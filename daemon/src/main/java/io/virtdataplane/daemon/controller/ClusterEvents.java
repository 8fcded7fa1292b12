package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtdataplane.daemon.kube.ClusterKind;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** Writes events on objects: events.k8s.io/v1. */
final class ClusterEvents {
    private static final DateTimeFormatter MICROSECONDS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX").withZone(ZoneOffset.UTC);

    private static final int LONGEST_NAME = 230; // 253 with the rest
    private final KubernetesClient client;
    private final String identity;

    /**
     * @param identity of this controller
     */
    ClusterEvents(KubernetesClient client, String identity) {
        this.client = client;
        this.identity = identity;
    }

    /** "MACCollision" on a guest that runs. */
    void collision(RunningMachine machine, String words) {
        client.resource(
                        new EventBuilder()
                                .withNewMetadata()
                                .withName(name(machine))
                                .withNamespace(machine.namespace())
                                .endMetadata()
                                .withEventTime(new MicroTime(MICROSECONDS.format(Instant.now())))
                                .withType("Warning")
                                .withReason("MACCollision")
                                .withAction("Compare")
                                .withNote(words)
                                .withReportingController("virtdataplane.io/controller")
                                .withReportingInstance(identity)
                                .withNewRegarding()
                                .withApiVersion(ClusterKind.VIRTUAL_MACHINE_INSTANCE.apiVersion())
                                .withKind(ClusterKind.VIRTUAL_MACHINE_INSTANCE.kind())
                                .withNamespace(machine.namespace())
                                .withName(machine.name())
                                .withUid(machine.uid())
                                .endRegarding()
                                .build())
                .create();
    }

    /** As kubectl and others name them: the object's name, and when. */
    private static String name(RunningMachine machine) {
        Instant now = Instant.now();
        long nanos = now.getEpochSecond() * 1_000_000_000L + now.getNano();
        String name = machine.name();
        return name.substring(0, Math.min(name.length(), LONGEST_NAME))
                + "."
                + Long.toHexString(nanos);
    }
}
