package io.virtdataplane.daemon.nic;

import io.virtdataplane.api.AttachRequest;
import io.virtdataplane.api.ImportSessionsResponse;
import io.virtdataplane.api.NatSettings;
import io.virtdataplane.daemon.attach.AttachedNic;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.attach.DataPath;
import io.virtdataplane.daemon.attach.NicFamily;
import io.virtdataplane.daemon.attach.NicSpec;
import io.virtdataplane.daemon.attach.Nics;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.rpc.AlreadyExistsException;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.daemon.worker.Workers;
import io.virtdataplane.manifest.MachineManifest;
import io.virtdataplane.sys.Netns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes NICs behind pods' addresses, and changes their settings under traffic. */
public final class MasqueradeNics implements NicFamily {
    private static final Logger LOG = LoggerFactory.getLogger(MasqueradeNics.class);

    /** Of a file of sessions. */
    public static final int MOST_SESSION_BYTES = SessionFile.MOST;

    private final Workers workers;
    private final Attachments attachments;
    private final EventJournal journal;
    private final DataPath path;
    private final KeptNics kept;
    private final GuestServices services;
    private final Map<Uplink, String> nicByUplink = new ConcurrentHashMap<>();

    /**
     * Two names of one namespace are one namespace: {@code netns} is its inode where it has one.
     */
    private record Uplink(Object netns, String device) {
        static Uplink of(MasqueradeSpec spec) {
            Path path = Netns.path(spec.netns());
            try {
                return new Uplink(Files.getAttribute(path, "unix:ino"), spec.uplink());
            } catch (IOException e) {
                return new Uplink(path, spec.uplink());
            }
        }
    }

    public MasqueradeNics(
            Workers workers,
            Attachments attachments,
            EventJournal journal,
            DataPath path,
            KeptNics kept,
            GuestServices services) {
        this.services = services;
        this.kept = kept;
        this.workers = workers;
        this.attachments = attachments;
        this.journal = journal;
        this.path = path;
    }

    /** The family of machines that name no interface, or their masquerade one. */
    @Override
    public Optional<NicSpec> spec(AttachRequest request, MachineManifest machine) {
        MasqueradeSpec spec = MasqueradeSpec.of(request, machine);
        return Optional.of(
                new NicSpec() {
                    @Override
                    public String name() {
                        return spec.name();
                    }

                    @Override
                    public AttachedNic open(int number) {
                        return MasqueradeNics.this.open(spec, number);
                    }
                });
    }

    private MasqueradeNic open(MasqueradeSpec spec, int number) {
        Uplink uplink = Uplink.of(spec);
        claim(uplink, spec);
        WorkerThread worker = workers.takeLeastLoaded();
        Runnable ended =
                () -> {
                    nicByUplink.remove(uplink);
                    services.removeEnded();
                    workers.give(worker);
                };
        try {
            MasqueradeNic nic = new MasqueradeNic(number, spec, worker, path, kept, ended);
            services.add(nic);
            report(nic);
            String untold = nic.resolvConf().describeUntold(nic.ipv6Addresses().isOn());
            if (!untold.isEmpty()) {
                journal.record("ResolverCut", spec.name(), "not sent to the guest: " + untold);
            }
            nic.followBootServer(words -> journal.record("BootServer", spec.name(), words));
            return nic;
        } catch (RuntimeException e) {
            ended.run();
            throw e;
        }
    }

    private void report(MasqueradeNic nic) {
        if (!nic.resumed().isEmpty()) {
            LOG.info("taken over: nic={} {}", nic.name(), nic.resumed());
            journal.record("TakenOver", nic.name(), nic.resumed());
        }
        if (!nic.setAside().isEmpty()) {
            LOG.warn("set aside, opened anew: nic={} reason={}", nic.name(), nic.setAside());
            journal.record("SetAside", nic.name(), nic.setAside());
        }
    }

    @Override
    public void forget(String name) {
        kept.forget(name);
    }

    @Override
    public void restored(Set<String> digests) {
        kept.removeAllBut(digests);
    }

    private void claim(Uplink uplink, MasqueradeSpec spec) {
        String other = nicByUplink.putIfAbsent(uplink, spec.name());
        if (other != null) {
            throw new AlreadyExistsException(
                    "uplink carries another NIC already: uplink="
                            + spec.uplink()
                            + " netns="
                            + spec.netns()
                            + " nic="
                            + other);
        }
    }

    /** The file of {@link #importSessions}. */
    public byte[] exportSessions(String name) {
        MasqueradeNic nic = masquerade(name);
        byte[] file = nic.sessions().export();
        journal.record("SessionsExported", nic.name(), "bytes=" + file.length);
        return file;
    }

    /**
     * Taken whole or refused.
     *
     * @param reset they cannot go on here
     */
    public ImportSessionsResponse importSessions(String name, byte[] file, boolean reset) {
        MasqueradeNic nic = masquerade(name);
        MovingSessions.Moved moved = nic.sessions().take(file, reset);
        String words = (reset ? "reset=" : "taken=") + moved.taken() + " left=" + moved.leftOut();
        journal.record("SessionsImported", nic.name(), words);
        LOG.info("sessions imported: nic={} {}", nic.name(), words);
        return ImportSessionsResponse.newBuilder()
                .setTaken(moved.taken())
                .setLeftOut(moved.leftOut())
                .build();
    }

    /** The guest that is on its way has had another address outside: its connections are over. */
    public void loseConnections(String name) {
        if (attachments.nic(name) instanceof MasqueradeNic nic) {
            nic.sessions().lose();
        }
    }

    private MasqueradeNic masquerade(String name) {
        if (attachments.nic(name) instanceof MasqueradeNic nic) {
            return nic;
        }
        throw new IllegalArgumentException(
                "name must be a masquerade NIC (a NIC on a bridge has no NAT): name=" + name);
    }

    /** Checked whole before anything changes, and kept for the next start. */
    public MasqueradeNic update(String name, NatSettings changes, Nics nics) {
        MasqueradeNic nic = masquerade(name);
        nic.change(changes, changed -> nics.keep(changed.name(), changed.request()));
        String words = NatSettingsReader.describe(changes);
        journal.record("Changed", nic.name(), words);
        LOG.info("changed: nic={} {}", nic.name(), words);
        attachments.changed();
        return nic;
    }
}
