package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.Bridge;
import io.virtdataplane.bridge.BridgePolicy;
import io.virtdataplane.daemon.attach.Attachments;
import io.virtdataplane.daemon.worker.WorkerThread;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** A bridge of this node with its open ports. Under the lock of {@link Bridges}. */
public final class OpenBridge {
    private static final int STATIONS = 16_384;
    private final String name;
    private final WorkerThread worker;
    private final Bridge bridge;
    private final Map<String, OpenPort> portByName = new TreeMap<>();
    private final Map<String, String> reasonByPort = new TreeMap<>(); // why it is not open
    private volatile BridgeSettings settings;

    OpenBridge(BridgeSettings settings, WorkerThread worker) {
        this.name = settings.name();
        this.worker = worker;
        this.settings = settings;
        this.bridge = new Bridge(name, settings.policy(), STATIONS);
        worker.tell(on -> on.attach(bridge));
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

    public void settings(BridgeSettings changed) {
        BridgePolicy policy = changed.policy();
        worker.ask(
                on -> {
                    bridge.change(policy);
                    return null;
                });
        settings = changed;
    }

    /** Makes the uplinks these and no others; guests' ports stay. */
    void uplinks(List<PortSpec> wanted, Devices devices, Attachments attachments) {
        for (OpenPort port : List.copyOf(portByName.values())) {
            boolean stays =
                    !port.spec().isUplink()
                            || wanted.stream().anyMatch(spec -> spec.isSameDevice(port.spec()));
            if (!stays) {
                remove(port);
            }
        }
        RuntimeException failed = null;
        for (PortSpec spec : wanted) { // all that can be, whatever fails
            try {
                open(spec, devices, attachments);
                reasonByPort.remove(spec.name());
            } catch (RuntimeException e) {
                reasonByPort.put(spec.name(), reason(e));
                failed = failed == null ? e : failed;
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
            add(spec, devices, attachments);
        } else if (open.spec().isUplink()) {
            open.change(spec);
        } else {
            throw new IllegalArgumentException(
                    "port must not have the name of a guest's NIC: port=" + spec.name());
        }
    }

    /**
     * Opens uplinks whose device has come, gives back those whose device has gone, and takes over
     * an MTU that changed. One that cannot be opened leaves the others their turn.
     *
     * @param told of each change, with the port's name
     */
    void tend(Devices devices, Attachments attachments, BiConsumer<String, String> told) {
        for (PortSpec spec : settings.uplinks()) {
            try {
                tend(spec, devices, attachments, told);
                reasonByPort.remove(spec.name());
            } catch (RuntimeException e) {
                if (!reason(e).equals(reasonByPort.put(spec.name(), reason(e)))) {
                    told.accept("UplinkFailed", spec.name() + " " + e.getMessage());
                }
            }
        }
    }

    private void tend(
            PortSpec spec,
            Devices devices,
            Attachments attachments,
            BiConsumer<String, String> told) {
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
            remove(port);
            told.accept("UplinkLost", spec.name());
        }
        if (present.isEmpty()) {
            return;
        }
        if (isGone || port == null) {
            add(spec, devices, attachments);
            told.accept("UplinkOpened", spec.name());
        } else if (present.get().mtu() != port.deviceMtu()) {
            port.changeMtu(present.get().mtu());
            told.accept("UplinkMtuChanged", spec.name());
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

    OpenPort add(PortSpec spec, Devices devices, Attachments attachments) {
        int number = attachments.take(spec.name());
        OpenPort.Device device = null;
        try {
            device = devices.open(spec, number);
            OpenPort port = new OpenPort(this, spec, attachments, number, device);
            portByName.put(spec.name(), port);
            if (spec.isUplink()) { // a guest's port is listed as its NIC
                attachments.add(port);
            }
            return port;
        } catch (RuntimeException e) {
            if (device != null) {
                device.port().close();
            }
            attachments.give(number);
            throw e;
        }
    }

    void remove(OpenPort port) {
        port.close();
        portByName.remove(port.name());
    }

    /** Its ports too. */
    void close() {
        for (OpenPort port : new ArrayList<>(portByName.values())) {
            remove(port);
        }
        worker.tell(on -> on.detach(bridge));
    }
}
