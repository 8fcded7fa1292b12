package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.virtdataplane.daemon.journal.Complaint;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.service.PortNumbers;
import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.service.ServiceMap.ServicePort;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's Services and EndpointSlices, told to this node's guests as one map. Of many changes
 * at once one map is made. What an earlier run knew is told at once, and then nothing before both
 * lists are complete; while the API server is away the last map holds.
 */
final class ClusterServices implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterServices.class);
    private static final String ZONE = "topology.kubernetes.io/zone";
    private static final String SERVICE = "kubernetes.io/service-name"; // label of a slice
    private static final String MAP = ""; // the key that stands for the whole map
    private static final String KEEP = "keep"; // the one that stands for the file; no Service's
    private static final String TARGETS = "targets"; // and the one for whether machines have them
    private static final long TARGETS_MS = 10_000;
    private static final long GATHER_MS = 50;
    private static final long KEEP_MS = 30_000;
    private static final long COMPLETE_MS = 500;

    /** As kube-proxy has it: those of another proxy, and those without an address, are left out. */
    private static final LabelSelector WANTED =
            new LabelSelectorBuilder()
                    .addNewMatchExpression()
                    .withKey("service.kubernetes.io/service-proxy-name")
                    .withOperator("DoesNotExist")
                    .endMatchExpression()
                    .addNewMatchExpression()
                    .withKey("service.kubernetes.io/headless")
                    .withOperator("DoesNotExist")
                    .endMatchExpression()
                    .build();

    private final NodeLabels node;
    private final ServiceMap.Listener listener;
    private final KeptServices kept;
    private final ClosedTargets closed;
    private final SharedIndexInformer<Service> services;
    private final KubernetesClient client;
    private volatile SharedIndexInformer<? extends EndpointSlice> slices; // null: of which version?
    private final WorkQueue<String> queue = new WorkQueue<>("cluster-services", this::work);

    // the queue's thread
    private final Map<String, List<ServicePort>> ports = new TreeMap<>();
    private final PortNumbers numbers = new PortNumbers();
    private boolean isComplete;
    private boolean isKept = true;
    private ServiceMap latest = ServiceMap.EMPTY;

    /**
     * @param node where it is: its name, and its zone
     * @param listener told on a thread of its own
     * @param closed looked at on it, too: after each change, and now and then
     */
    ClusterServices(
            KubernetesClient client,
            NodeLabels node,
            ServiceMap.Listener listener,
            ClosedTargets closed,
            KeptServices kept) {
        this.kept = kept;
        this.closed = closed;
        this.node = node;
        this.listener = listener;
        this.services = informer("Service", client.services(), ClusterServices::path);
        this.client = client;
    }

    /** Of the version that the server has; throws where it does not answer. */
    private SharedIndexInformer<? extends EndpointSlice> openSlices() {
        return client.getApiResources("discovery.k8s.io/v1") == null
                ? indexed(client.resources(EarlierEndpointSlice.class))
                : indexed(client.discovery().v1().endpointSlices());
    }

    private <T extends EndpointSlice, L extends KubernetesResourceList<T>>
            SharedIndexInformer<T> indexed(MixedOperation<T, L, ? extends Resource<T>> all) {
        SharedIndexInformer<T> informer = informer("EndpointSlice", all, this::service);
        informer.addIndexers(Map.of(SERVICE, slice -> List.of(service(slice))));
        var unused = informer.start();
        return informer;
    }

    /**
     * @param key the Service that an object is about
     */
    private <T extends HasMetadata, L extends KubernetesResourceList<T>>
            SharedIndexInformer<T> informer(
                    String kind,
                    MixedOperation<T, L, ? extends Resource<T>> all,
                    Function<T, String> key) {
        FilterWatchListDeletable<T, L, ?> wanted = all.inAnyNamespace().withLabelSelector(WANTED);
        SharedIndexInformer<T> informer = ((Informable<T>) wanted).runnableInformer(0);
        Complaint complaint = new Complaint(LOG, kind + ": the API server is asked again");
        informer.exceptionHandler(
                (hasStarted, failure) -> {
                    complaint.raise(ServerWords.of(failure));
                    return true;
                });
        informer.addEventHandler(
                new ResourceEventHandler<>() {
                    @Override
                    public void onAdd(T object) {
                        queue.add(key.apply(object));
                    }

                    @Override
                    public void onUpdate(T old, T now) {
                        queue.add(key.apply(old));
                        queue.add(key.apply(now));
                    }

                    @Override
                    public void onDelete(T object, boolean isOnlyMissing) {
                        queue.add(key.apply(object));
                    }

                    @Override
                    public void onList(String resourceVersion, boolean remainedEmpty) {
                        complaint.settle();
                        queue.add(MAP);
                    }
                });
        return informer;
    }

    private static String path(HasMetadata object) {
        return object.getMetadata().getNamespace() + "/" + object.getMetadata().getName();
    }

    /** Of a slice; one that is nobody's is looked at as if it were of one that is not there. */
    private String service(EndpointSlice slice) {
        Map<String, String> labels = slice.getMetadata().getLabels();
        String name = labels == null ? "" : labels.getOrDefault(SERVICE, "");
        return slice.getMetadata().getNamespace() + "/" + name;
    }

    /** Does not wait for the server. */
    void start() {
        takeUp();
        var unused = services.start();
        queue.add(MAP);
    }

    private void takeUp() {
        Map<String, List<EndpointSlice>> byService = new HashMap<>();
        List<HasMetadata> all = kept.get();
        for (HasMetadata each : all) {
            if (each instanceof EndpointSlice slice) {
                byService.computeIfAbsent(service(slice), any -> new ArrayList<>()).add(slice);
            }
        }
        for (HasMetadata each : all) {
            if (each instanceof Service service) {
                read(service, byService.getOrDefault(path(service), List.of()));
            }
        }
        if (!all.isEmpty()) {
            publish();
        }
    }

    /** The Service of that name, or null. Any thread. */
    HasMetadata service(String namespaceAndName) {
        return services.getStore().getByKey(namespaceAndName);
    }

    /** The node may be in another zone. */
    void lookAgain() {
        services.getStore().list().forEach(each -> queue.add(path(each)));
    }

    /** Kinds of which no watch is open. */
    List<String> unwatched() {
        return Stream.of(
                        services.isWatching() ? "" : "Service",
                        slices != null && slices.isWatching() ? "" : "EndpointSlice")
                .filter(each -> !each.isEmpty())
                .toList();
    }

    private long work(String key) {
        if (!isComplete) {
            if (!areListed()) {
                queue.add(MAP, COMPLETE_MS);
                return WorkQueue.DONE;
            }
            ports.clear();
            services.getStore().list().forEach(each -> readOrLater(path(each)));
            isComplete = true;
            publish();
            queue.add(TARGETS);
        } else if (key.equals(MAP)) {
            publish();
        } else if (key.equals(KEEP)) {
            keep();
        } else if (key.equals(TARGETS)) {
            closed.look(latest);
            queue.add(TARGETS, TARGETS_MS);
        } else {
            read(key);
            queue.add(MAP, GATHER_MS);
        }
        return WorkQueue.DONE;
    }

    private boolean areListed() {
        try {
            slices = slices == null ? openSlices() : slices;
        } catch (RuntimeException e) { // the informer of Services tells why
            return false;
        }
        return services.hasSynced() && slices.hasSynced();
    }

    /** One that cannot be read does not keep the others waiting. */
    private void readOrLater(String key) {
        try {
            read(key);
        } catch (RuntimeException e) { // tells of it when it fails again
            queue.add(key);
        }
    }

    /** One that cannot be read stays as it was. */
    private void read(String key) {
        Service service = services.getStore().getByKey(key);
        if (service == null) {
            ports.remove(key);
            return;
        }
        read(service, List.copyOf(slices.getIndexer().byIndex(SERVICE, key)));
    }

    private void read(Service service, Collection<EndpointSlice> own) {
        String zone = node.labels().getOrDefault(ZONE, "");
        ServiceReader reader = new ServiceReader(new SliceEndpoints.Place(node.name(), zone));
        ports.put(path(service), reader.read(service, own));
    }

    private void keep() {
        if (isComplete && !isKept) {
            kept.put(services.getStore().list(), List.copyOf(slices.getStore().list()));
            isKept = true;
        }
    }

    private void publish() {
        List<ServicePort> all = new ArrayList<>();
        ports.values().forEach(ofOne -> ofOne.forEach(each -> all.add(numbers.numbered(each))));
        numbers.end();
        if (latest.version() == 0 || !all.equals(latest.ports())) {
            latest = new ServiceMap(latest.version() + 1, all, List.of());
            listener.changed(latest);
            if (isComplete) {
                isKept = false;
                queue.add(KEEP, KEEP_MS);
                closed.look(latest);
            }
            LOG.debug("services of the cluster: version={} ports={}", latest.version(), all.size());
        }
    }

    @Override
    public void close() {
        queue.close();
        keep(); // its thread has ended
        services.close();
        if (slices != null) {
            slices.close();
        }
    }
}
