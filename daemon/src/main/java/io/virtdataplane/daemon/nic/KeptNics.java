package io.virtdataplane.daemon.nic;

import io.virtdataplane.daemon.state.Snapshots;
import io.virtdataplane.port.KeptDescriptors;
import io.virtdataplane.sys.BpfPins;
import io.virtdataplane.sys.FileStore;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What of NICs outlives the daemon, so that a restart costs no session: programs and maps in a
 * bpffs, and the sessions of a daemon that was asked to stop in files. All of it is of one run of
 * the machine.
 */
public final class KeptNics {
    private static final Logger LOG = LoggerFactory.getLogger(KeptNics.class);
    private static final int USUAL_ABSENCE = 30;
    private final Path directory; // of programs and maps; null: none are kept
    private final long absenceNs;
    private final Snapshots snapshots;
    private final KeptDescriptors taps;

    /**
     * How long a NIC goes on without the daemon.
     *
     * @param directory below a mount of bpffs
     * @param seconds 0: not at all
     */
    public record Settings(Path directory, int seconds) {}

    /**
     * An earlier run's.
     *
     * @param bytes none: there are none
     * @param setAside why what there is cannot be used, or empty
     */
    record Sessions(byte[] bytes, String setAside) {}

    /** A daemon has a directory of its own below that of the settings, by its state directory. */
    public KeptNics(Settings settings, Path stateDirectory, KeptDescriptors taps) {
        this.taps = taps;
        snapshots = new Snapshots(stateDirectory.resolve("sessions"));
        Path own = settings.directory().resolve(Snapshots.identity(stateDirectory));
        directory = settings.seconds() > 0 && isUsable(own) ? own : null;
        absenceNs =
                TimeUnit.SECONDS.toNanos(
                        settings.seconds() == 0 ? USUAL_ABSENCE : settings.seconds());
    }

    private static boolean isUsable(Path own) {
        String obstacle = BpfPins.obstacle(own);
        if (!obstacle.isEmpty()) {
            LOG.warn(
                    "a restart will cut connections, as programs cannot be kept: directory={} reason={}",
                    own,
                    obstacle);
        }
        return obstacle.isEmpty();
    }

    boolean isOn() {
        return directory != null;
    }

    /** For how long programs go on without a word of the daemon. */
    public long absenceNs() {
        return absenceNs;
    }

    private BpfPins pins(String nic) {
        return isOn() ? BpfPins.in(directory.resolve(FileStore.digest(nic))) : BpfPins.none();
    }

    /** Where the node's own programs stay, beside those of NICs. */
    public BpfPins pinsOfNode() {
        return isOn()
                ? BpfPins.in(directory.resolveSibling(directory.getFileName() + "-node"))
                : BpfPins.none();
    }

    /** They are there once, and hold for a NIC of these addresses. */
    Sessions takeSessions(String nic, String addresses) {
        if (!isOn()) {
            return new Sessions(new byte[0], "");
        }
        Snapshots.Taken taken = snapshots.take(nic, addresses);
        return new Sessions(taken.content(), taken.setAside());
    }

    /** Where they cannot be written the next run does without. */
    void putSessions(String nic, String addresses, byte[] bytes) {
        try {
            snapshots.put(nic, addresses, bytes);
        } catch (RuntimeException e) {
            LOG.warn("sessions not kept: nic={} reason={}", nic, e.getMessage());
        }
    }

    /** The NIC is not to come back. */
    void forget(String nic) {
        pins(nic).remove();
        snapshots.remove(nic);
        taps(nic).remove();
    }

    /** Its own. */
    KeptDescriptors.Owned taps(String nic) {
        return taps.of(FileStore.digest(nic));
    }

    /** What of the NIC outlives the process: nothing where its tap would not. */
    BpfPins pins(MasqueradeSpec spec) {
        BpfPins own = pins(spec.name());
        boolean isLost = spec.guest().device().isTap() && !taps.isOn();
        if (isLost) {
            own.remove(); // of an earlier run that had its tap kept
        }
        return isLost ? BpfPins.none() : own;
    }

    /** Of NICs that nobody knows any more nothing stays. */
    void removeAllBut(Set<String> digests) {
        taps.removeAllBut(digests);
        if (!isOn()) {
            return;
        }
        for (String name : BpfPins.names(directory)) {
            if (!digests.contains(name)) {
                LOG.info("programs of a NIC that is no more are removed: directory={}", name);
                remove(name);
            }
        }
    }

    private void remove(String name) {
        try {
            BpfPins.in(directory.resolve(name)).remove();
        } catch (RuntimeException e) {
            LOG.warn("not removed: {}", e.getMessage());
        }
    }
}
