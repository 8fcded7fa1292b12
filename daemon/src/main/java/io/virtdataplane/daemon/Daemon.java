package io.virtdataplane.daemon;

import io.virtdataplane.api.Endpoint;
import io.virtdataplane.api.NatSettings;
import io.virtdataplane.api.Version;
import io.virtdataplane.api.Worker;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.attach.KeptRequests;
import io.virtdataplane.daemon.attach.Migrations;
import io.virtdataplane.daemon.attach.Nics;
import io.virtdataplane.daemon.cni.CniSocket;
import io.virtdataplane.daemon.control.NetworksService;
import io.virtdataplane.daemon.control.NicService;
import io.virtdataplane.daemon.control.NicViews;
import io.virtdataplane.daemon.control.ServiceViews;
import io.virtdataplane.daemon.control.SriovService;
import io.virtdataplane.daemon.guest.GuestAgents;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.kube.KubeAgent;
import io.virtdataplane.daemon.kubelet.Kubelet;
import io.virtdataplane.daemon.mac.MacPool;
import io.virtdataplane.daemon.metrics.MetricsServer;
import io.virtdataplane.daemon.metrics.Scrape;
import io.virtdataplane.daemon.network.BridgedNics;
import io.virtdataplane.daemon.network.Bridges;
import io.virtdataplane.daemon.network.KeptStations;
import io.virtdataplane.daemon.network.NetworkObjects;
import io.virtdataplane.daemon.network.NodeMacs;
import io.virtdataplane.daemon.nic.GuestServices;
import io.virtdataplane.daemon.nic.KeptNics;
import io.virtdataplane.daemon.nic.MasqueradeNics;
import io.virtdataplane.daemon.nic.PodBackends;
import io.virtdataplane.daemon.node.NodeAddresses;
import io.virtdataplane.daemon.node.NodeServices;
import io.virtdataplane.daemon.object.Objects;
import io.virtdataplane.daemon.rpc.ControlSocket;
import io.virtdataplane.daemon.service.ServiceObjects;
import io.virtdataplane.daemon.service.ServicePublisher;
import io.virtdataplane.daemon.sriov.SriovControl;
import io.virtdataplane.daemon.state.StateLock;
import io.virtdataplane.daemon.state.StateProbe;
import io.virtdataplane.daemon.worker.Heartbeat;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.daemon.worker.Workers;
import io.virtdataplane.manifest.Manifests;
import io.virtdataplane.port.KeptDescriptors;
import io.virtdataplane.port.PortNames;
import io.virtdataplane.sys.DescriptorStore;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's daemon: builds its rooms from the settings, bottom floor first, takes up what an
 * earlier run left, and takes all down in the reverse. Runs from the constructor until {@link
 * #close}.
 */
public final class Daemon implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);
    private final Config config;
    private final Path state;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final KeptRequests requests;
    private final EventJournal journal;
    private final StateProbe probe;
    private final Workers workers;

    public Daemon(Config config) throws IOException {
        this.config = config;
        this.state = config.state().directory();
        try {
            StateLock lock = opened(new StateLock(state));
            requests = new KeptRequests(state, config.manifests());
            journal = opened(new EventJournal(state, config.state().journalBytes()));
            probe = new StateProbe(state, this::reportState);
            if (!lock.missing().isEmpty()) {
                reportState(lock.missing());
            }
            workers =
                    opened(
                            Workers.start(
                                    config.packets().workers(),
                                    config.packets().thread(),
                                    journal));
            opened(new Heartbeat(workers));
            build();
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void reportState(String trouble) {
        if (trouble.isEmpty()) {
            LOG.info("state directory takes files again: directory={}", state);
            journal.record("StateWritable", "", "directory=" + state);
        } else {
            LOG.error("state directory takes no files, traffic goes on: reason={}", trouble);
            journal.record("StateFailed", "", trouble);
        }
    }

    private <T extends AutoCloseable> T opened(T part) {
        opened.push(part);
        return part;
    }

    private void build() throws IOException {
        if (config.cluster().isOn()) {
            config.node().keptIn(state);
        }
        Attachments attachments = new Attachments(journal);
        KeptDescriptors taps = opened(new KeptDescriptors(DescriptorStore.ofEnvironment()));
        Bridges bridges =
                opened(
                        new Bridges(
                                workers,
                                attachments,
                                journal,
                                config.packets().path(),
                                PortNames.of(state),
                                taps));
        NetworkObjects networks =
                new NetworkObjects(bridges, attachments, config.node(), journal, System::nanoTime);
        KeptNics kept = new KeptNics(config.absence(), state, taps);
        GuestServices guestServices = new GuestServices(NodeAddresses::outward);
        MasqueradeNics masquerade =
                new MasqueradeNics(
                        workers,
                        attachments,
                        journal,
                        config.packets().path(),
                        kept,
                        guestServices);
        NodeMacs macs =
                new NodeMacs(
                        new MacPool(config.macs().range(), new SecureRandom()),
                        config.macs().refusesConflicts(),
                        journal);
        BridgedNics bridged = new BridgedNics(bridges, networks.definitions(), macs);
        GuestAgents agents = opened(new GuestAgents(journal));
        Nics nics =
                opened(
                        new Nics(
                                attachments,
                                List.of(bridged, masquerade),
                                requests,
                                agents,
                                journal,
                                config.pod()));
        Kubelet kubelet = new Kubelet(config.sriov());
        SriovControl sriov = opened(sriov(kubelet));
        opened(kubelet);
        PodBackends machines = new PodBackends(nics);
        ServicePublisher publisher = new ServicePublisher(machines, journal);
        ServiceObjects services =
                new ServiceObjects(
                        config.services().allocations(new SecureRandom()),
                        state,
                        machines,
                        publisher,
                        journal,
                        config.cluster().isOn());
        Migrations migrations = opened(new Migrations(attachments, nics, journal));
        attachments.follow(
                () -> {
                    publisher.changed();
                    migrations.look();
                });
        // A new kind of object: its reconciler stands here.
        Objects objects =
                new Objects(
                        state,
                        new Manifests(config.manifests()),
                        networks,
                        sriov.objects(),
                        services);
        objects.restore();
        nics.restore();
        KeptStations stations = opened(new KeptStations(bridges, state));
        stations.resume();
        NodeServices nodeServices =
                opened(
                        new NodeServices(
                                config.serviceDevices(),
                                config.packets().path().hooks(),
                                kept.pinsOfNode(),
                                kept.absenceNs(),
                                journal));
        // Not before all machines are back: sessions to those that are not yet there go on.
        if (!config.cluster().guestServices()) {
            publisher.follow(guestServices);
        }
        publisher.follow(nodeServices);
        // When the daemon stops, what it leaves behind must not follow as machines go one by one.
        opened(() -> attachments.follow(() -> {}));
        opened(
                new Keeper(
                        () -> {
                            networks.tend();
                            stations.tend();
                        },
                        objects::retry,
                        nics::detachGone,
                        sriov.pods()::detachGone,
                        nics::tend,
                        () -> {
                            nodeServices.tend();
                            guestServices.tend();
                        },
                        probe::look));
        kubelet.serve(sriov, config.sriov(), System::nanoTime);
        NicViews views = new NicViews(networks.dhcp(), agents);
        NicService.Rooms rooms =
                new NicService.Rooms(
                        attachments,
                        nics,
                        masquerade,
                        migrations,
                        macs,
                        views,
                        journal,
                        () -> workers.threads().stream().map(Daemon::worker).toList(),
                        () -> warnings(nics, objects));
        opened(
                new ControlSocket(
                        config.socket().path(),
                        config.socket().group(),
                        this::check,
                        new NicService(rooms, version()),
                        new NetworksService(
                                bridges, networks, objects, new ServiceViews(services, machines)),
                        new SriovService(sriov, objects, config.sriov().offer().resourcePrefix())));
        if (!config.cniSocket().isEmpty()) {
            opened(new CniSocket(Path.of(config.cniSocket()), nics, bridges, sriov.pods()));
        }
        Scrape.Sources sources =
                new Scrape.Sources(
                        workers,
                        attachments,
                        bridges,
                        networks.dhcp(),
                        guestServices,
                        nodeServices::dropped,
                        journal);
        opened(
                new MetricsServer(
                        config.metrics(),
                        new Scrape(sources, Endpoint.VERSION, config.metrics().nics())));
        if (config.cluster().isOn()) {
            opened(
                    new KubeAgent(
                            config.cluster(),
                            new KubeAgent.Rooms(
                                    config.node(),
                                    objects,
                                    networks,
                                    bridges,
                                    sriov.node(),
                                    config.manifests().operatorNamespace(),
                                    journal,
                                    guestServices,
                                    state,
                                    () -> views.list(attachments.nics()),
                                    machines,
                                    (nic, ports) ->
                                            masquerade.update(
                                                    nic,
                                                    NatSettings.newBuilder()
                                                            .setPorts(ports)
                                                            .build(),
                                                    nics),
                                    (nic, says) ->
                                            masquerade.update(
                                                    nic,
                                                    NatSettings.newBuilder()
                                                            .setMeshOfNamespace(says)
                                                            .build(),
                                                    nics),
                                    (nic, keepsAddress) -> {
                                        migrations.expect(nic);
                                        if (!keepsAddress) {
                                            masquerade.loseConnections(nic);
                                        }
                                    })));
        }
        begun();
    }

    private List<String> warnings(Nics nics, Objects objects) {
        return Stream.of(probe.warnings(), journal.warnings(), nics.warnings(), objects.warnings())
                .flatMap(List::stream)
                .toList();
    }

    private SriovControl sriov(Kubelet kubelet) {
        return new SriovControl(
                config.sriov(),
                config.node(),
                state,
                SriovControl.Surroundings.ofNode(
                        config.sriov(), kubelet::podByDevice, kubelet::allocates));
    }

    private Version version() {
        return Version.newBuilder()
                .setVersion(Endpoint.VERSION)
                .setJava(Runtime.version().toString())
                .setKernel(System.getProperty("os.version"))
                .setPoller(workers.pollerKind())
                .setWorkers(workers.count())
                .build();
    }

    private void begun() {
        LOG.info(
                "ready: version={} socket={} workers={} poller={} java={}",
                Endpoint.VERSION,
                config.socket().path(),
                workers.count(),
                workers.pollerKind(),
                Runtime.version());
        journal.record(
                "Started",
                "",
                "version=" + Endpoint.VERSION + " pid=" + ProcessHandle.current().pid());
        opened(() -> journal.record("Stopped", "", "pid=" + ProcessHandle.current().pid()));
    }

    private static Worker worker(WorkerThread thread) {
        return Worker.newBuilder().setNumber(thread.number()).setCpuNs(thread.cpuNs()).build();
    }

    /** Throws where a packet thread does not answer. */
    void check() {
        workers.check();
    }

    /** All parts, whatever fails on the way; NICs and objects stay for the next run. */
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
