package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.virtdataplane.daemon.kube.ClusterClient;
import io.virtdataplane.daemon.kube.ClusterEvents;
import io.virtdataplane.daemon.kube.ClusterKind;
import io.virtdataplane.daemon.mac.MacCursor;
import io.virtdataplane.daemon.mac.MacRange;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's controller: answers the API server about VirtualMachines, and keeps what is to be
 * kept once in a cluster. Any number of them may run; each answers, one leads. All it knows is in
 * the API server.
 */
public final class Controller implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Controller.class);
    private static final long OFTEN_MS = 1_000;
    private static final long SELDOM_MS = 5_000;
    private static final Duration BODY_DEADLINE = Duration.ofSeconds(5); // the webhook's is 10
    private static final String SECRET = "virt-dataplane-webhook";
    private static final String SITE = "kube-system"; // its UID is the cluster's
    private final ControllerConfig config;
    private final KubernetesClient client;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final Machines machines = new Machines();
    private final LeaseTable table = new LeaseTable();
    private final Namespaces namespaces = new Namespaces();
    private final Collisions collisions;
    private final Watches watches;
    private final Duties duties;
    private final Leadership leadership;
    private final WebhookServer webhook;
    private final StatusServer status;
    private final MacRange range;
    private final MacKeeper keeper;
    private volatile boolean isComplete;
    private volatile boolean isLeaving;

    /**
     * Runs from now on; ready once all is read.
     *
     * @throws IllegalArgumentException a setting breaks a rule
     */
    Controller(ControllerConfig config) throws GeneralSecurityException {
        this.config = config;
        this.client = opened(ClusterClient.open(config.kubeconfig()));
        try {
            range = MacRange.of(config.macs().start(), config.macs().end(), site());
            MacRelease release =
                    new MacRelease(
                            machines,
                            this::machine,
                            config.macs().patience().toNanos(),
                            System::nanoTime);
            MacLeases leases = new MacLeases(client, config.namespace(), release);
            keeper = new MacKeeper(machines, table, leases, release, this::isPools);
            collisions = new Collisions(name -> isPools(namespaces.labels(name)));
            watches = opened(new Watches(client));
            follow();
            ServingKey key = new ServingKey();
            Certificates certificates = certificates(key);
            certificates.load();
            webhook = opened(webhook(leases, key));
            status = opened(status());
            leadership = opened(new Leadership(client, config.namespace(), config.identity()));
            duties = opened(new Duties());
            begin(certificates);
        } catch (GeneralSecurityException | RuntimeException e) {
            close();
            throw e;
        }
        LOG.info(
                "serves: webhook-port={} status-port={} macs={} mode={} identity={}",
                webhook.port(),
                status.port(),
                range,
                config.macs().mode(),
                config.identity());
    }

    private Certificates certificates(ServingKey key) {
        CaBundles bundles = new CaBundles(client, config.webhook().configuration());
        return new Certificates(
                client, config.namespace(), SECRET, config.webhook().names(), key, bundles::set);
    }

    private StatusServer status() {
        return new StatusServer(
                new InetSocketAddress(config.statusPort()),
                this::illness,
                () -> isLeaving ? "it is ending" : unreadiness(),
                this::metrics);
    }

    private <T extends AutoCloseable> T opened(T part) {
        opened.push(part);
        return part;
    }

    private String site() {
        Namespace site = client.namespaces().withName(SITE).get();
        return site == null ? SITE : site.getMetadata().getUid();
    }

    private Optional<Machine> machine(String namespace, String name) {
        GenericKubernetesResource found =
                client.genericKubernetesResources(ClusterKind.VIRTUAL_MACHINE.context())
                        .inNamespace(namespace)
                        .withName(name)
                        .get();
        return Optional.ofNullable(found).map(Machine::of);
    }

    private boolean isPools(Machine machine) {
        return namespaces.has(machine.namespace())
                && isPools(namespaces.labels(machine.namespace()));
    }

    private boolean isPools(Map<String, String> labels) {
        return config.macs().mode().isPools(labels);
    }

    private void follow() {
        watches.follow("Namespace", client.namespaces(), namespaces);
        watches.follow(
                "Lease",
                client.leases()
                        .inNamespace(config.namespace())
                        .withLabel(MacLease.LABEL, MacLease.LABEL_VALUE),
                table);
        watches.follow(ClusterKind.VIRTUAL_MACHINE, machines);
        watches.follow(ClusterKind.VIRTUAL_MACHINE_INSTANCE, collisions);
    }

    private WebhookServer webhook(MacLeases leases, ServingKey key)
            throws GeneralSecurityException {
        SecureRandom random = new SecureRandom(); // two controllers begin at two places
        ClusterMacs macs =
                new ClusterMacs(
                        new MacCursor(range, random),
                        leases,
                        mac -> table.has(mac) || machines.isUsed(mac),
                        random);
        return new WebhookServer(
                new InetSocketAddress(config.webhook().port()),
                key.context(),
                new MachineAdmission(macs, this::isPools, this::labels),
                BODY_DEADLINE,
                () -> unreadiness().isEmpty());
    }

    /** As they are now: a label that was just set counts. */
    private Map<String, String> labels(String namespace) {
        Namespace found = client.namespaces().withName(namespace).get();
        return found == null ? Map.of() : Namespaces.labels(found);
    }

    private void begin(Certificates certificates) {
        BooleanSupplier leads = () -> leadership.isLeader() && watches.unread().isEmpty();
        ClusterEvents events =
                new ClusterEvents(client, "virtdataplane.io/controller", config.identity());
        duties.every(OFTEN_MS, "MAC leases", leads, keeper::pass);
        duties.every(
                OFTEN_MS,
                "MAC collisions",
                leads,
                () ->
                        collisions.tell(
                                (machine, words) ->
                                        events.warning(
                                                machine.reference(), "MACCollision", words)));
        duties.every(SELDOM_MS, "webhook certificate", leadership::isLeader, certificates::tend);
        duties.every(SELDOM_MS, "webhook key", () -> true, certificates::load);
        if (config.isSriovs()) {
            SriovDefinitions definitions = definitions();
            duties.every(OFTEN_MS, "network definitions", leads, definitions::pass);
        }
    }

    private SriovDefinitions definitions() {
        SharedIndexInformer<GenericKubernetesResource> networks =
                watches.keep(ClusterKind.SRIOV_NETWORK);
        SharedIndexInformer<GenericKubernetesResource> definitions =
                watches.keep(ClusterKind.NETWORK_DEFINITION);
        return new SriovDefinitions(
                client,
                networks.getStore()::list,
                definitions.getStore()::list,
                namespaces::has,
                config.resourcePrefix());
    }

    private String illness() {
        return duties == null ? "" : duties.illness();
    }

    /** Until the addresses of all machines are known, none may be given. */
    private String unreadiness() {
        String unread = watches.unread();
        if (!unread.isEmpty()) {
            return "not read yet: " + unread;
        }
        isComplete = isComplete || keeper.isComplete();
        return isComplete ? "" : "not all MAC addresses of machines have a lease yet";
    }

    /**
     * Not ready from now on, so that nobody is sent here any more; who comes all the same is
     * answered, until it is closed.
     */
    void leave() {
        isLeaving = true;
        webhook.leave();
    }

    private MetricSnapshots metrics() {
        return ControllerMetrics.of(collisions, table.all().size(), range, leadership.isLeader());
    }

    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                LOG.warn("not closed cleanly", e);
            }
        }
    }
}
