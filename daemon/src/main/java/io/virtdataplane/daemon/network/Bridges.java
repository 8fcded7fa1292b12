package io.virtdataplane.daemon.network;

import io.virtdataplane.daemon.attach.PortNumbers;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.rpc.AlreadyExistsException;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.daemon.worker.WorkerThread;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bridges of this node and their ports: makes, changes, finds and ends them. */
public final class Bridges implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Bridges.class);
    private final List<WorkerThread> workers;
    private final PortNumbers numbers;
    private final Devices devices;
    private final EventJournal journal;
    private final Map<String, OpenBridge> bridgeByName = new TreeMap<>();

    public Bridges(
            List<WorkerThread> workers,
            PortNumbers numbers,
            EventJournal journal,
            io.virtdataplane.sys.Bpf.Mechanism hooks) {
        this.workers = workers;
        this.numbers = numbers;
        this.journal = journal;
        this.devices = new Devices(hooks);
    }

    synchronized Optional<BridgeSettings> settings(String name) {
        return Optional.ofNullable(bridgeByName.get(name)).map(OpenBridge::settings);
    }

    /** Makes the bridge as the settings say; it is made where it is not there. */
    synchronized void set(BridgeSettings wanted) {
        wanted.uplinks().forEach(uplink -> refuseElsewhere(uplink, wanted.name()));
        OpenBridge open = bridgeByName.get(wanted.name());
        boolean isNew = open == null;
        if (isNew) {
            WorkerThread worker =
                    workers.stream().min(Comparator.comparingInt(WorkerThread::nics)).orElseThrow();
            open = new OpenBridge(wanted, worker);
            worker.nics(worker.nics() + 1);
            bridgeByName.put(wanted.name(), open);
        }
        open.settings(wanted);
        open.uplinks(wanted.ports(), devices, numbers);
        String words = isNew ? "BridgeCreated" : "BridgeChanged";
        journal.record(words, wanted.name(), "uplinks=" + uplinkNames(wanted));
        LOG.info("{}: bridge={} uplinks={}", words, wanted.name(), uplinkNames(wanted));
    }

    private void refuseElsewhere(PortSpec uplink, String bridge) {
        for (OpenBridge other : bridgeByName.values()) {
            boolean hasIt =
                    !other.name().equals(bridge)
                            && other.settings().uplinks().stream()
                                    .anyMatch(port -> port.device().equals(uplink.device()));
            if (hasIt) {
                throw new IllegalArgumentException(
                        "port must be of one bridge: port="
                                + uplink.device()
                                + " bridge="
                                + bridge
                                + " other="
                                + other.name());
            }
        }
    }

    /** Looks after uplinks whose devices come and go. */
    synchronized void tend() {
        for (OpenBridge open : bridgeByName.values()) {
            open.tend(
                    devices,
                    numbers,
                    (what, port) -> {
                        journal.record(what, port, "bridge=" + open.name());
                        LOG.info("{}: port={}", what, port);
                    });
        }
    }

    private static String uplinkNames(BridgeSettings settings) {
        return String.join(",", settings.uplinks().stream().map(PortSpec::device).toList());
    }

    /** Refused while guests are on it, as their traffic would end. */
    synchronized void remove(String name) {
        OpenBridge open = bridgeByName.get(name);
        if (open == null) {
            return;
        }
        List<String> guests =
                open.ports().stream()
                        .filter(port -> !port.spec().isUplink())
                        .map(OpenPort::name)
                        .toList();
        if (!guests.isEmpty()) {
            throw new IllegalArgumentException(
                    "bridge must have no guests to become absent: bridge="
                            + name
                            + " guests="
                            + String.join(",", guests));
        }
        end(open);
        journal.record("BridgeRemoved", name, "");
        LOG.info("BridgeRemoved: bridge={}", name);
    }

    private void end(OpenBridge open) {
        open.close();
        bridgeByName.remove(open.name());
        open.worker().nics(open.worker().nics() - 1);
    }

    /** A guest's port on a bridge that is there. */
    synchronized OpenPort attach(String bridge, PortSpec spec) {
        OpenBridge open = bridge(bridge);
        if (find(spec.name()).isPresent()) {
            throw new AlreadyExistsException("NIC is attached already: name=" + spec.name());
        }
        return open.add(spec, devices, numbers);
    }

    synchronized void detach(String name) {
        OpenPort port =
                find(name)
                        .filter(found -> !found.spec().isUplink())
                        .orElseThrow(() -> new NotFoundException("no such NIC: name=" + name));
        port.bridge().remove(port);
    }

    synchronized OpenBridge bridge(String name) {
        OpenBridge open = bridgeByName.get(name);
        if (open == null) {
            throw new NotFoundException("no such bridge: bridge=" + name);
        }
        return open;
    }

    /** By its full name. */
    synchronized Optional<OpenPort> find(String name) {
        return bridgeByName.values().stream()
                .flatMap(open -> open.ports().stream())
                .filter(port -> port.name().equals(name))
                .findFirst();
    }

    synchronized List<OpenBridge> all() {
        return new ArrayList<>(bridgeByName.values());
    }

    /** Ends all for this run; policies and attachments stay for the next. */
    @Override
    public synchronized void close() {
        for (OpenBridge open : new ArrayList<>(bridgeByName.values())) {
            try {
                end(open);
            } catch (RuntimeException e) { // the others are closed all the same
                LOG.warn("not closed cleanly: bridge={}", open.name(), e);
            }
        }
    }
}
