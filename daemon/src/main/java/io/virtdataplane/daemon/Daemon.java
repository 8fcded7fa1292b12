package io.virtdataplane.daemon;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.KeptObject;
import io.virtdataplane.api.Version;
import io.virtdataplane.daemon.attach.PortNumbers;
import io.virtdataplane.daemon.control.ControlServer;
import io.virtdataplane.daemon.control.NetworksService;
import io.virtdataplane.daemon.control.Nics;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.network.Bridges;
import io.virtdataplane.daemon.network.NetworkObjects;
import io.virtdataplane.daemon.network.UplinkKeeper;
import io.virtdataplane.daemon.nic.MasqueradeNics;
import io.virtdataplane.daemon.object.Objects;
import io.virtdataplane.daemon.sriov.SriovControl;
import io.virtdataplane.daemon.state.MessageStore;
import io.virtdataplane.daemon.state.StateLock;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.sys.NotifySocket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds the daemon from its settings, in order, and takes it down in the reverse. */
public final class Daemon {
    public static final String VERSION = "0.1.0";
    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);
    private final Config config;
    private final NotifySocket systemd = NotifySocket.ofEnvironment();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);

    public Daemon(Config config) {
        this.config = config;
    }

    /** Runs until SIGTERM or SIGINT. */
    public void run() throws IOException, InterruptedException {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(this::shutdown));
        List<WorkerThread> workers = new ArrayList<>();
        Path state = Path.of(config.stateDirectory());
        StateLock lock = new StateLock(state);
        MessageStore<AttachRequest> attachments =
                new MessageStore<>(state.resolve("attachments"), "attach", AttachRequest.parser());
        MessageStore<KeptObject> objects =
                new MessageStore<>(state.resolve("objects"), "object", KeptObject.parser());
        try (EventJournal journal = new EventJournal(state, config.journalBytes())) {
            for (int i = 0; i < config.workerCount(); i++) {
                WorkerThread worker =
                        new WorkerThread(
                                i,
                                config.pollerKind(),
                                config.framesPerWorker(),
                                config.workerCpus());
                workers.add(worker);
                journal.drain(worker.events(), worker::describeFault);
            }
            Version version = version(workers);
            PortNumbers numbers = new PortNumbers(journal);
            try (MasqueradeNics registry =
                            new MasqueradeNics(
                                    workers,
                                    attachments,
                                    journal,
                                    numbers,
                                    config.hookMechanism());
                    Bridges bridges =
                            new Bridges(workers, numbers, journal, config.hookMechanism())) {
                NetworkObjects networks =
                        new NetworkObjects(bridges, config.node(), objects, attachments, journal);
                registry.restore(networks.restore());
                try (UplinkKeeper uplinks = new UplinkKeeper(bridges);
                        SriovControl sriov =
                                new SriovControl(config.sriov(), config.nodeLabels(), state);
                        ControlServer server =
                                new ControlServer(
                                        Path.of(config.socket()),
                                        config.group(),
                                        new Nics(registry, networks.nics()),
                                        journal,
                                        version,
                                        new NetworksService(
                                                networks, new Objects(networks, sriov.objects())),
                                        sriov.service())) {
                    LOG.info(
                            "ready: version={} socket={} workers={} poller={} java={}",
                            VERSION,
                            config.socket(),
                            workers.size(),
                            version.getPoller(),
                            version.getJava());
                    journal.record(
                            "Started",
                            "",
                            "version=" + VERSION + " pid=" + ProcessHandle.current().pid());
                    systemd.send("READY=1");
                    watch(workers);
                    systemd.send("STOPPING=1");
                    journal.record("Stopped", "", "pid=" + ProcessHandle.current().pid());
                }
            }
            workers.forEach(WorkerThread::close);
        } finally {
            lock.close();
            LOG.info("stopped");
            stopped.countDown();
        }
    }

    /** Tells systemd that we are alive for as long as every worker answers. */
    private void watch(List<WorkerThread> workers) throws InterruptedException {
        String microseconds = System.getenv("WATCHDOG_USEC");
        if (microseconds == null) {
            stop.await();
            return;
        }
        long interval = Long.parseLong(microseconds) / 2;
        while (!stop.await(interval, TimeUnit.MICROSECONDS)) {
            workers.forEach(worker -> worker.ask(on -> null));
            systemd.send("WATCHDOG=1");
        }
    }

    private void shutdown() {
        stop.countDown();
        try {
            stopped.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Version version(List<WorkerThread> workers) {
        return Version.newBuilder()
                .setVersion(VERSION)
                .setJava(Runtime.version().toString())
                .setKernel(System.getProperty("os.version"))
                .setPoller(workers.getFirst().pollerKind())
                .setWorkers(workers.size())
                .build();
    }
}
