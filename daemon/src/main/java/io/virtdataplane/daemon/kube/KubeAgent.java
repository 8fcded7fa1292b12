package io.virtdataplane.daemon.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.virtdataplane.api.ListResponse;
import io.virtdataplane.daemon.journal.Complaint;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.network.Bridges;
import io.virtdataplane.daemon.network.NetworkObjects;
import io.virtdataplane.daemon.network.OpenBridge;
import io.virtdataplane.daemon.object.NodeLabels;
import io.virtdataplane.daemon.object.Objects;
import io.virtdataplane.daemon.service.Backend;
import io.virtdataplane.daemon.service.ServiceMap;
import io.virtdataplane.daemon.sriov.SriovNode;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's side of the Kubernetes API: objects of the owned kinds come in, and what became of
 * them, and of the node, goes out. The daemon waits for none of it: while the API server is away,
 * for however long, the node stays as it is, and status is caught up afterwards.
 */
public final class KubeAgent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KubeAgent.class);
    private static final String TARGET_NOT_OPEN = "TargetPortNotOpen";
    private static final long HOLD_MS = 60_000;
    private static final long STATUS_MS = 1_000;
    private static final long MESH_MS = 3_000;
    private static final long NODE_STATUS_MS = 10_000;
    private static final long LOOK_ANYWAY_MS = 60_000; // whether somebody has changed what is ours
    private static final long LONGEST_MS = 60_000;
    private static final int MOST_DOUBLINGS = 6;
    private static final long END_SECONDS = 5;
    private final ClusterSettings settings;
    private final Rooms rooms;
    private final NodePolicyObjects policies;
    private final ClusterObjects objects;
    private final OwnNode node;
    private final ClusterServices services; // null: guests reach none of the cluster's
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("cluster-status").factory());

    /**
     * What it is the face of.
     *
     * @param sriovNamespace of the operator's objects
     * @param services where the cluster's Services go, if the settings want it
     * @param state directory for what an earlier run knew
     * @param nics all of this node, and their machines
     * @param machines of this node, as Services see them
     * @param open opens ports ("TCP/80,UDP/53", or "all") on the NIC of that name
     * @param mesh tells that NIC what the namespace of its machine says of a service mesh
     * @param expect has a NIC await its guest
     */
    public record Rooms(
            NodeLabels node,
            Objects objects,
            NetworkObjects networks,
            Bridges bridges,
            SriovNode sriov,
            String sriovNamespace,
            EventJournal journal,
            ServiceMap.Listener services,
            Path state,
            Supplier<ListResponse> nics,
            Supplier<List<Backend>> machines,
            BiConsumer<String, String> open,
            BiConsumer<String, String> mesh,
            MachineArrivals.Expect expect) {}

    /** Runs from now on; the API server may be away. */
    public KubeAgent(ClusterSettings settings, Rooms rooms) {
        this.settings = settings;
        this.rooms = rooms;
        KubernetesClient client = opened(ClusterClient.open(settings.kubeconfig()));
        String name = rooms.node().name();
        ClusterWriter writer = new ClusterWriter(client, name);
        ClusterEvents events = new ClusterEvents(client, "virtdataplane.io/agent", name);
        Enactments enactments = new Enactments(client, writer, name);
        PolicyConditions conditions = new PolicyConditions(client, enactments);
        this.policies =
                new NodePolicyObjects(
                        new NodePolicyObjects.Rooms(
                                rooms.objects(), rooms.networks(), rooms.node()),
                        enactments,
                        conditions,
                        new PolicyRollout(enactments, conditions, name),
                        events);
        this.objects =
                opened(
                        new ClusterObjects(
                                client, settings, rooms.objects(), policies, events, HOLD_MS));
        this.node = opened(new OwnNode(client, name, this::relabel));
        this.services =
                settings.guestServices()
                        ? opened(
                                new ClusterServices(
                                        client,
                                        rooms.node(),
                                        rooms.services(),
                                        new ClosedTargets(
                                                rooms.machines(), each -> tell(each, events)),
                                        new KeptServices(rooms.state())))
                        : null;
        publish(client, writer, events);
        node.start();
        objects.start();
        if (services != null) {
            services.start();
        }
        LOG.info("kubernetes: node={} kinds={}", name, settings.owned());
    }

    private void tell(ClosedTargets.Closed closed, ClusterEvents events) {
        rooms.journal().record(TARGET_NOT_OPEN, closed.service(), closed.words());
        HasMetadata service = services.service(closed.service());
        if (service != null) {
            events.warning(ClusterEvents.reference(service), TARGET_NOT_OPEN, closed.words());
        }
    }

    private <T extends AutoCloseable> T opened(T part) {
        opened.push(part);
        return part;
    }

    private void relabel(Map<String, String> labels) {
        if (rooms.node().ofCluster(labels)) {
            LOG.info("node labels changed: labels={}", rooms.node().labels());
            objects.lookAtPolicies();
            rooms.sriov().wantPass();
            if (services != null) {
                services.lookAgain();
            }
        }
    }

    private void publish(KubernetesClient client, ClusterWriter writer, ClusterEvents events) {
        String name = rooms.node().name();
        every("watches", LOOK_ANYWAY_MS, this::mustBeWatched);
        if (settings.owns(ClusterSettings.Owned.NODE_NETWORK_POLICY)) {
            Map<String, String> seen = new HashMap<>();
            every(
                    "policies",
                    STATUS_MS,
                    () -> policies.changed(seen).forEach(objects::policyChanged));
            every("policies", LOOK_ANYWAY_MS, objects::lookAtPolicies);
            NodeNetworkStates states =
                    new NodeNetworkStates(writer, name, new NodeNetwork(rooms.bridges()));
            every("NodeNetworkState", NODE_STATUS_MS, () -> states.publish(node.node()));
            every("bridge capacities", STATUS_MS, () -> node.mark(bridgeNames()));
        }
        if (settings.owns(ClusterSettings.Owned.SRIOV_POLICY)) {
            SriovNodeStates states =
                    new SriovNodeStates(writer, rooms.sriovNamespace(), name, rooms.sriov());
            every("SriovNetworkNodeState", STATUS_MS, states::publish);
        }
        if (settings.owns(ClusterSettings.Owned.MACHINE)) {
            Machines machines = opened(new Machines(client, name));
            machines.start();
            opened(new MachineEvents(rooms.journal(), machines, events));
            MachineStates states = new MachineStates(writer, name, machines, rooms.nics(), events);
            every("VirtualMachineNetworkState", STATUS_MS, states::publish);
            MachinePorts ports = new MachinePorts(machines, rooms.nics(), rooms.open());
            every("ports", STATUS_MS, ports::follow);
            MachineArrivals arrivals =
                    new MachineArrivals(
                            name,
                            machines::byPod,
                            () -> rooms.nics().get().getNicsList(),
                            rooms.expect());
            every("migrations", STATUS_MS, arrivals::follow);
            NamespaceMeshes meshes =
                    opened(new NamespaceMeshes(client, machines::pods, rooms.nics(), rooms.mesh()));
            meshes.start();
            every("meshes of namespaces", MESH_MS, meshes::look);
        }
    }

    private void mustBeWatched() {
        List<String> unwatched = new ArrayList<>(objects.unwatched());
        if (services != null) {
            unwatched.addAll(services.unwatched());
        }
        if (!unwatched.isEmpty()) {
            throw new IllegalStateException(
                    "no watch is open on the API server (is it away? has the agent the rights?): kinds="
                            + String.join(",", unwatched));
        }
    }

    private Set<String> bridgeNames() {
        return new TreeSet<>(rooms.bridges().lookAll("", OpenBridge::name));
    }

    /** One after the other on one thread: each may have to wait for the API server. */
    private void every(String what, long ms, Runnable work) {
        new Duty(what, ms, work).after(ms);
    }

    /**
     * What is done again and again, and seldom where it fails: the server may have too much to do.
     */
    private final class Duty implements Runnable {
        private final Complaint complaint;
        private final long everyMs;
        private final Runnable work;
        private int failures;

        Duty(String what, long everyMs, Runnable work) {
            this.complaint = new Complaint(LOG, what + " not seen to, tried again");
            this.everyMs = everyMs;
            this.work = work;
        }

        void after(long ms) {
            if (!timer.isShutdown()) {
                var unused = timer.schedule(this, ms, TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public void run() {
            try {
                work.run();
                complaint.settle();
                failures = 0;
            } catch (RuntimeException e) { // the timer would end with it
                complaint.raise(ServerWords.of(e));
                failures = Math.min(failures + 1, MOST_DOUBLINGS);
            }
            long ms = Math.max(everyMs, Math.min(everyMs << failures, LONGEST_MS));
            after(failures == 0 ? ms : ms / 2 + ThreadLocalRandom.current().nextLong(ms));
        }
    }

    /** The node stays as it is. */
    @Override
    public void close() {
        timer.shutdownNow();
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) { // the others are closed all the same
                LOG.warn("not closed cleanly", e);
            }
        }
        try {
            timer.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
