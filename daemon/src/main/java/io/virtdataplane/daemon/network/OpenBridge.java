package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.Bridge;
import io.virtdataplane.bridge.BridgePolicy;
import io.virtdataplane.bridge.ConversationTable;
import io.virtdataplane.bridge.FastPath;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.attach.Closing;
import io.virtdataplane.daemon.attach.DataPath;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.port.BridgePrograms;
import io.virtdataplane.port.PortNames;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** A bridge of this node with its open ports. Under the lock of {@link Bridges}. */
public final class OpenBridge {
    private static final int STATIONS = 16_384;
    private static final int CONVERSATIONS = 16_384; // at a time, that the kernel carries: 1 MB
    private static final SecureRandom RANDOM = new SecureRandom();
    private final String name;
    private final WorkerThread worker;
    private final Bridge bridge;
    private final BridgePrograms programs; // null: all frames are walked
    private final Map<String, OpenPort> portByName = new TreeMap<>();
    private final Map<String, String> reasonByPort = new TreeMap<>(); // why it is not open
    private volatile BridgeSettings settings;

    /**
     * @param names of devices that are made so that the kernel may carry conversations; null: it
     *     carries none
     */
    OpenBridge(BridgeSettings settings, WorkerThread worker, PortNames names) {
        this.name = settings.name();
        this.worker = worker;
        this.settings = settings;
        this.programs = names == null ? null : programs(names);
        this.bridge = new Bridge(name, settings.policy(), STATIONS, path());
        try {
            worker.tell(on -> on.attach(bridge));
        } catch (RuntimeException e) {
            Closing.allThatCan(name, programs);
            throw e;
        }
    }

    private static BridgePrograms programs(PortNames names) {
        return new BridgePrograms(
                CONVERSATIONS / ConversationTable.WAYS,
                Bridge.stationNumbers(STATIONS),
                RANDOM.nextLong(),
                names);
    }

    private FastPath path() {
        return programs == null
                ? FastPath.NONE
                : new FastPath(programs.conversations(), programs.stations(), programs.seed());
    }

    /** "on", or "off" and why: whether the kernel carries frames that come in by the port. */
    String fastPath(PortSpec spec) {
        if (programs == null) {
            return "off: by the setting fastPath";
        }
        if (spec.isTap()) {
            return "off: the device is a tap of the daemon's, whose frames come to it";
        }
        return spec.isShared()
                ? "off: the node's own kernel receives by the device, too"
                : DataPath.ON;
    }

    public String name() {
        return name;
    }

    public WorkerThread worker() {
        return worker;
    }

    /** Worker's thread only. */
    public Bridge bridge() {
        return bridge;
    }

    public BridgeSettings settings() {
        return settings;
    }

    public Collection<OpenPort> ports() {
        return portByName.values();
    }

    void settings(BridgeSettings changed) {
        BridgePolicy policy = changed.policy();
        worker.ask(
                on -> {
                    bridge.change(policy);
                    return null;
                });
        settings = changed;
    }

    /**
     * Makes the uplinks these and no others; guests' ports stay.
     *
     * @param mayBeMissing devices that are no failure where they cannot be opened
     */
    void uplinks(
            List<PortSpec> wanted,
            Set<String> mayBeMissing,
            Devices devices,
            Attachments attachments) {
        for (OpenPort port : List.copyOf(portByName.values())) {
            boolean stays =
                    !port.spec().isUplink()
                            || wanted.stream().anyMatch(spec -> spec.isSameDevice(port.spec()));
            if (!stays) {
                remove(port, attachments);
                devices.forget(port.spec());
            }
        }
        RuntimeException failed = null;
        for (PortSpec spec : wanted) { // all that can be, whatever fails
            try {
                open(spec, devices, attachments);
                reasonByPort.remove(spec.name());
            } catch (RuntimeException e) {
                reasonByPort.put(spec.name(), reason(e));
                boolean isFailure = failed == null && !mayBeMissing.contains(spec.device());
                failed = isFailure ? e : failed;
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    private static String reason(RuntimeException e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }

    private void open(PortSpec spec, Devices devices, Attachments attachments) {
        OpenPort open = portByName.get(spec.name());
        if (open == null) {
            addUplink(spec, devices, attachments);
        } else if (open.spec().isUplink()) {
            open.change(spec);
        } else {
            throw new IllegalArgumentException(
                    "port must not have the name of a guest's NIC: port=" + spec.name());
        }
    }

    /** Hears of each change of an uplink. */
    interface Told {
        void of(String event, String port, String detail);
    }

    /**
     * Opens uplinks whose device has come, gives back those whose device has gone, and takes over
     * an MTU that changed. One that cannot be opened leaves the others their turn.
     */
    void tend(Devices devices, Attachments attachments, Told told) {
        for (PortSpec spec : settings.uplinks()) {
            try {
                tend(spec, devices, attachments, told);
                reasonByPort.remove(spec.name());
            } catch (RuntimeException e) {
                if (!reason(e).equals(reasonByPort.put(spec.name(), reason(e)))) {
                    told.of("UplinkFailed", spec.name(), reason(e));
                }
            }
        }
    }

    private void tend(PortSpec spec, Devices devices, Attachments attachments, Told told) {
        Optional<Devices.Present> present = Devices.present(spec.device());
        OpenPort port = portByName.get(spec.name());
        if (port != null && !port.spec().isUplink()) {
            throw new IllegalArgumentException(
                    "port must not have the name of a guest's NIC: port=" + spec.name());
        }
        boolean isGone =
                port != null
                        && present.filter(found -> found.index() == port.deviceIndex()).isEmpty();
        if (isGone) {
            remove(port, attachments);
            told.of("UplinkLost", spec.name(), "the device has gone");
        }
        if (present.isEmpty()) {
            return;
        }
        if (isGone || port == null) {
            addUplink(spec, devices, attachments);
            told.of("UplinkOpened", spec.name(), "the device is there");
        } else if (present.get().mtu() != port.deviceMtu()) {
            port.changeMtu(present.get().mtu());
            told.of("UplinkMtuChanged", spec.name(), "mtu=" + present.get().mtu());
        }
    }

    /** Why each uplink that is to be here is not open, by device. */
    Map<String, String> missingUplinks() {
        Map<String, String> reasonByDevice = new TreeMap<>();
        for (PortSpec spec : settings.uplinks()) {
            OpenPort port = portByName.get(spec.name());
            if (port == null || !port.spec().isUplink()) {
                reasonByDevice.put(
                        spec.device(),
                        reasonByPort.getOrDefault(spec.name(), "the node has no such device"));
            }
        }
        return reasonByDevice;
    }

    /** An uplink, or the node's own port: found by its name like a NIC. */
    private void addUplink(PortSpec spec, Devices devices, Attachments attachments) {
        int number = attachments.take(spec.name());
        try {
            attachments.add(add(spec, devices, number));
        } catch (RuntimeException e) {
            attachments.give(spec.name());
            throw e;
        }
    }

    OpenPort add(PortSpec spec, Devices devices, int number) {
        OpenPort.Device device = devices.open(spec, number, programs);
        try {
            OpenPort port = new OpenPort(this, spec, number, device);
            portByName.put(spec.name(), port);
            return port;
        } catch (RuntimeException e) {
            device.port().close();
            devices.abandon(spec);
            throw e;
        }
    }

    void remove(OpenPort port, Attachments attachments) {
        port.close();
        portByName.remove(port.name());
        if (port.spec().isUplink()) { // a guest's port is listed, and named, as its NIC
            attachments.remove(port);
            attachments.give(port.name());
        }
    }

    /** Its ports too. */
    void close(Attachments attachments) {
        for (OpenPort port : new ArrayList<>(portByName.values())) {
            remove(port, attachments);
        }
        worker.tell(on -> on.detach(bridge));
        Closing.allThatCan(name, programs); // the worker has let go of it
    }
}
