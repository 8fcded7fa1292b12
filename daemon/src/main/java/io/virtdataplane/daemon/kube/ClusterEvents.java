package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.virtdataplane.daemon.journal.Complaint;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events on objects of the API server, in the group events.k8s.io. One that comes again becomes a
 * series; of one object at most {@value #BURST} go out at once and one every five minutes after
 * that, as of client-go. An event that cannot be sent is lost: what matters is in a status.
 */
public final class ClusterEvents {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterEvents.class);
    private static final int BURST = 25;
    private static final long REFILL_MS = 300_000;
    private static final long SERIES_MS = 600_000;
    private static final int REMEMBERED = 512;
    private static final int UNPROCESSABLE = 422;
    private static final int LONGEST_NOTE = 1024; // of the API
    private static final DateTimeFormatter MICRO =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private final KubernetesClient client;
    private final String controller;
    private final String instance;
    private final Complaint complaint = new Complaint(LOG, "events on objects are not sent");
    private final Map<String, Sent> sentByKey = lru();
    private final Map<String, Budget> budgetByObject = lru();

    /** One that was sent, and may become a series. */
    private static final class Sent {
        final Event event;
        int count = 1;
        final long sentMs;

        Sent(Event event, long sentMs) {
            this.event = event;
            this.sentMs = sentMs;
        }
    }

    private static final class Budget {
        double left = BURST;
        long atMs;
    }

    /**
     * @param controller such as "virtdataplane.io/agent"
     * @param instance the node's or the pod's name
     */
    public ClusterEvents(KubernetesClient client, String controller, String instance) {
        this.client = client;
        this.controller = controller;
        this.instance = instance;
    }

    private static <V> Map<String, V> lru() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
                return size() > REMEMBERED;
            }
        };
    }

    /** Something went as it should. */
    public void normal(ObjectReference on, String reason, String note) {
        send(on, "Normal", reason, note);
    }

    public void warning(ObjectReference on, String reason, String note) {
        send(on, "Warning", reason, note);
    }

    private synchronized void send(ObjectReference on, String type, String reason, String note) {
        long nowMs = System.currentTimeMillis();
        String key = on.getUid() + on.getKind() + on.getName() + reason + note;
        Sent before = sentByKey.get(key);
        boolean isSeries = before != null && nowMs - before.sentMs < SERIES_MS;
        if (!hasBudget(on, nowMs)) {
            return;
        }
        try {
            if (isSeries) {
                again(before, nowMs);
            } else {
                Event event = create(event(on, type, reason, note, nowMs));
                sentByKey.put(key, new Sent(event, nowMs));
            }
            complaint.settle();
        } catch (KubernetesClientException e) {
            sentByKey.remove(key);
            complaint.raise("the API server said " + e.getCode());
        }
    }

    private Event create(Event event) {
        try {
            return created(event);
        } catch (KubernetesClientException e) {
            boolean isOld =
                    e.getCode() == UNPROCESSABLE && event.getRegarding().getNamespace() == null;
            if (!isOld) {
                throw e;
            }
            // Before Kubernetes 1.21 an event on an object without a namespace had to name its own.
            event.getRegarding().setNamespace(event.getMetadata().getNamespace());
            return created(event);
        }
    }

    private Event created(Event event) {
        return client.events()
                .v1()
                .events()
                .inNamespace(event.getMetadata().getNamespace())
                .resource(event)
                .create();
    }

    private boolean hasBudget(ObjectReference on, long nowMs) {
        Budget budget =
                budgetByObject.computeIfAbsent(
                        on.getKind() + on.getNamespace() + on.getName(), key -> new Budget());
        budget.left = Math.min(BURST, budget.left + (double) (nowMs - budget.atMs) / REFILL_MS);
        budget.atMs = nowMs;
        if (budget.left < 1) {
            return false;
        }
        budget.left--;
        return true;
    }

    private Event event(ObjectReference on, String type, String reason, String note, long nowMs) {
        boolean hasNamespace = on.getNamespace() != null && !on.getNamespace().isEmpty();
        return new EventBuilder()
                .withNewMetadata()
                .withName(on.getName() + "." + Long.toHexString(System.nanoTime()))
                .withNamespace(hasNamespace ? on.getNamespace() : "default")
                .endMetadata()
                .withType(type)
                .withReason(reason)
                .withAction(reason)
                .withNote(note.substring(0, Math.min(note.length(), LONGEST_NOTE)))
                .withRegarding(on)
                .withReportingController(controller)
                .withReportingInstance(instance)
                .withEventTime(micro(nowMs))
                .build();
    }

    private void again(Sent sent, long nowMs) {
        sent.count++;
        client.events()
                .v1()
                .events()
                .inNamespace(sent.event.getMetadata().getNamespace())
                .withName(sent.event.getMetadata().getName())
                .edit(
                        event ->
                                new EventBuilder(event)
                                        .withNewSeries()
                                        .withCount(sent.count)
                                        .withLastObservedTime(micro(nowMs))
                                        .endSeries()
                                        .build());
    }

    private static MicroTime micro(long ms) {
        return new MicroTime(MICRO.format(Instant.ofEpochMilli(ms)));
    }

    /** One of a kind of the API server's own. */
    public static ObjectReference reference(HasMetadata object) {
        return new ObjectReferenceBuilder()
                .withApiVersion(object.getApiVersion())
                .withKind(object.getKind())
                .withNamespace(object.getMetadata().getNamespace())
                .withName(object.getMetadata().getName())
                .withUid(object.getMetadata().getUid())
                .build();
    }

    /** The object, as events refer to it. */
    public static ObjectReference reference(ClusterKind kind, ObjectMeta metadata) {
        return new ObjectReferenceBuilder()
                .withApiVersion(kind.apiVersion())
                .withKind(kind.kind())
                .withNamespace(metadata.getNamespace())
                .withName(metadata.getName())
                .withUid(metadata.getUid())
                .build();
    }
}
