package io.virtdataplane.daemon.network;

import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.attach.DataPath;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.rpc.NotFoundException;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.daemon.worker.Workers;
import io.virtdataplane.port.KeptDescriptors;
import io.virtdataplane.port.PortNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The bridges of this node and their ports: makes, changes, finds and ends them. */
public final class Bridges implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Bridges.class);
    private final Workers workers;
    private final Attachments attachments;
    private final Devices devices;
    private final PortNames names; // null: the kernel carries nothing
    private final EventJournal journal;
    private final Map<String, OpenBridge> bridgeByName = new TreeMap<>();

    /** {@code names}: of devices that are made for ports. */
    public Bridges(
            Workers workers,
            Attachments attachments,
            EventJournal journal,
            DataPath path,
            PortNames names,
            KeptDescriptors taps) {
        this.workers = workers;
        this.attachments = attachments;
        this.journal = journal;
        this.devices = new Devices(path.hooks(), taps);
        this.names = path.isFast() ? names : null;
        names.clear();
    }

    synchronized Optional<BridgeSettings> settings(String name) {
        return Optional.ofNullable(bridgeByName.get(name)).map(OpenBridge::settings);
    }

    /** As {@link #set(BridgeSettings, Set)}: each uplink must be there. */
    void set(BridgeSettings wanted) {
        set(wanted, Set.of());
    }

    /**
     * Makes the bridge as the settings say; it is made where it is not there.
     *
     * @param mayBeMissing uplinks that are taken up when they come
     */
    synchronized void set(BridgeSettings wanted, Set<String> mayBeMissing) {
        wanted.uplinks().forEach(uplink -> refuseElsewhere(uplink, wanted.name()));
        OpenBridge open = bridgeByName.get(wanted.name());
        boolean isNew = open == null;
        if (isNew) {
            open = open(wanted);
            bridgeByName.put(wanted.name(), open);
        }
        open.settings(wanted);
        open.uplinks(wanted.ports(), mayBeMissing, devices, attachments);
        String words = isNew ? "BridgeCreated" : "BridgeChanged";
        journal.record(words, wanted.name(), "uplinks=" + uplinkNames(wanted));
        LOG.info("{}: bridge={} uplinks={}", words, wanted.name(), uplinkNames(wanted));
    }

    private OpenBridge open(BridgeSettings wanted) {
        WorkerThread worker = workers.takeLeastLoaded();
        try {
            return new OpenBridge(wanted, worker, names);
        } catch (RuntimeException e) {
            workers.give(worker);
            throw e;
        }
    }

    private void refuseElsewhere(PortSpec uplink, String bridge) {
        for (OpenBridge other : bridgeByName.values()) {
            boolean hasIt =
                    !other.name().equals(bridge)
                            && other.settings().uplinks().stream()
                                    .anyMatch(port -> port.device().equals(uplink.device()));
            if (hasIt) {
                throw new IllegalArgumentException(
                        "port must not be on another bridge: port="
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
                    attachments,
                    (event, port, detail) -> {
                        journal.record(event, port, detail);
                        LOG.info("{}: port={} {}", event, port, detail);
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
                    "bridge must have no guests before it is removed: bridge="
                            + name
                            + " guests="
                            + String.join(",", guests));
        }
        List<PortSpec> ports = open.ports().stream().map(OpenPort::spec).toList();
        end(open);
        ports.forEach(devices::forget);
        journal.record("BridgeRemoved", name, "");
        LOG.info("BridgeRemoved: bridge={}", name);
    }

    private void end(OpenBridge open) {
        open.close(attachments);
        bridgeByName.remove(open.name());
        workers.give(open.worker());
    }

    /** A guest's port on a bridge that is there. */
    synchronized OpenPort attach(String bridge, PortSpec spec, int number) {
        return bridge(bridge).add(spec, devices, number);
    }

    synchronized void detach(OpenPort port) {
        port.bridge().remove(port, attachments);
        devices.forget(port.spec());
    }

    /** It is to come back in the next run. */
    synchronized void leave(OpenPort port) {
        port.bridge().remove(port, attachments);
    }

    private OpenBridge bridge(String name) {
        OpenBridge open = bridgeByName.get(name);
        if (open == null) {
            throw NotFoundException.of("bridge", name);
        }
        return open;
    }

    /** Looks at a bridge while nothing of it comes or goes. */
    public synchronized <T> T look(String name, Function<OpenBridge, T> question) {
        return question.apply(bridge(name));
    }

    /** As {@link #look}, at all of them in order; at one where it is named. */
    public synchronized <T> List<T> lookAll(String name, Function<OpenBridge, T> question) {
        List<OpenBridge> wanted =
                name.isEmpty() ? List.copyOf(bridgeByName.values()) : List.of(bridge(name));
        return wanted.stream().map(question).toList();
    }

    /**
     * Why each uplink that the bridge is to have is not open; none of a bridge that is not there.
     */
    synchronized Map<String, String> missingUplinks(String name) {
        OpenBridge open = bridgeByName.get(name);
        return open == null ? Map.of() : open.missingUplinks();
    }

    /** The node has all of these devices. */
    boolean hasDevices(List<String> names) {
        return names.stream().allMatch(name -> Devices.present(name).isPresent());
    }

    /** Changes when one of these devices comes, goes, changes, or may be of another bridge now. */
    synchronized String fingerprint(List<String> names) {
        StringBuilder print = new StringBuilder();
        for (String name : names) {
            String holders =
                    bridgeByName.values().stream()
                            .filter(open -> open.settings().devices().contains(name))
                            .map(OpenBridge::name)
                            .collect(Collectors.joining("+"));
            print.append(name)
                    .append('=')
                    .append(Devices.present(name))
                    .append(holders)
                    .append(' ');
        }
        return print.toString();
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
