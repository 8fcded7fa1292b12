package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.BridgePort;
import io.virtdataplane.bridge.BridgePortPlan;
import io.virtdataplane.bridge.KernelPort;
import io.virtdataplane.bridge.PortPolicy;
import io.virtdataplane.daemon.attach.Attachment;
import io.virtdataplane.daemon.attach.Closing;
import io.virtdataplane.daemon.worker.WorkerThread;
import io.virtdataplane.dataplane.Vif;
import io.virtdataplane.port.DescriptorPort;
import java.util.Optional;

/**
 * A port of a bridge with its device open. Made whole or not at all; {@link #close} gives all of it
 * back.
 */
public final class OpenPort implements Attachment, AutoCloseable {
    private final OpenBridge bridge;
    private volatile PortSpec spec;
    private volatile int deviceMtu;
    private final int deviceIndex;
    private final DescriptorPort device;
    private final BridgePort port;
    private final long attachedMs = System.currentTimeMillis();
    private volatile PortPolicy policy;

    OpenPort(OpenBridge bridge, PortSpec spec, int number, Device opened) {
        this.bridge = bridge;
        this.spec = spec;
        this.device = opened.port();
        this.deviceMtu = opened.mtu();
        this.deviceIndex = opened.index();
        this.policy = spec.policy(mtu());
        BridgePortPlan plan =
                new BridgePortPlan(
                        number, spec.name(), device, policy, spec.guard(), opened.kernel());
        this.port =
                bridge.worker()
                        .ask(
                                on -> {
                                    BridgePort added = bridge.bridge().add(plan);
                                    try {
                                        on.attach(added);
                                    } catch (RuntimeException e) {
                                        bridge.bridge().remove(added);
                                        throw e;
                                    }
                                    return added;
                                });
    }

    /**
     * What {@link Devices} opens.
     *
     * @param index its number in the kernel; 0 where it is made here
     * @param kernel how the kernel may carry its frames
     */
    record Device(DescriptorPort port, int mtu, int index, KernelPort kernel) {}

    /** Other VLANs or flags, or another MTU. */
    void change(PortSpec changed) {
        change(changed, deviceMtu);
    }

    /** The device has another MTU. */
    void changeMtu(int changed) {
        change(spec, changed);
    }

    private void change(PortSpec changedSpec, int changedMtu) {
        PortPolicy changed = changedSpec.policy(changedSpec.mtu(changedMtu));
        bridge.worker().tell(on -> bridge.bridge().change(port, changed));
        spec = changedSpec;
        deviceMtu = changedMtu;
        policy = changed;
    }

    /**
     * Of a guest's port on a device that is there: looks whether it still is the one that was
     * opened, and follows its MTU.
     *
     * @return in words; empty: it is
     */
    String deviceChange() {
        if (deviceIndex == 0) {
            return "";
        }
        Optional<Devices.Present> present = Devices.present(spec);
        if (present.isEmpty()) {
            return "the guest's device has gone";
        }
        if (present.get().index() != deviceIndex) {
            return "the guest's device was made anew";
        }
        if (present.get().mtu() != deviceMtu) {
            changeMtu(present.get().mtu());
        }
        return "";
    }

    int deviceMtu() {
        return deviceMtu;
    }

    int deviceIndex() {
        return deviceIndex;
    }

    @Override
    public String name() {
        return spec.name();
    }

    @Override
    public WorkerThread worker() {
        return bridge.worker();
    }

    @Override
    public void lookAtQueues() {
        device.lookAtQueue();
    }

    @Override
    public Vif vif() {
        return port;
    }

    public OpenBridge bridge() {
        return bridge;
    }

    public PortSpec spec() {
        return spec;
    }

    /** Worker's thread only. */
    public BridgePort port() {
        return port;
    }

    /** "on", or "off" and why: whether the kernel carries frames that come in here. */
    public String fastPath() {
        return bridge.fastPath(spec);
    }

    public PortPolicy policy() {
        return policy;
    }

    public int mtu() {
        return spec.mtu(deviceMtu);
    }

    public long attachedMs() {
        return attachedMs;
    }

    @Override
    public void close() {
        // Where the worker does not answer, it may still use the device: nothing is given back.
        bridge.worker()
                .tell(
                        on -> {
                            on.detach(port);
                            bridge.bridge().remove(port);
                        });
        Closing.allThatCan(name(), device);
    }
}
