package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.KernelPort;
import io.virtdataplane.daemon.attach.PodNamespace;
import io.virtdataplane.port.BridgePrograms;
import io.virtdataplane.port.DescriptorPort;
import io.virtdataplane.port.PacketPort;
import io.virtdataplane.port.TapPort;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.sys.SystemCallException;
import java.nio.file.Path;
import java.util.Optional;

/** Opens the devices of bridge ports. */
final class Devices {
    private static final int ETHERNET_MTU = 1500;

    /** Of the taps by which ports are read whose frames the kernel may carry. */
    private static final String TAP_PREFIX = "vdp-port";

    private final Bpf.Mechanism hooks;

    Devices(Bpf.Mechanism hooks) {
        this.hooks = hooks;
    }

    /** What the node has under this name now; empty: nothing. */
    static Optional<Present> present(String name) {
        NetDevice device = new NetDevice(name);
        int index = device.index();
        try {
            return index == 0
                    ? Optional.empty()
                    : Optional.of(new Present(index, device.mtu(), device.isUp()));
        } catch (SystemCallException e) {
            return Optional.empty(); // it went meanwhile
        }
    }

    /** As {@link #present(String)}, in the namespace of the port. */
    static Optional<Present> present(PortSpec spec) {
        try (Netns netns = Netns.open(path(spec).toString())) {
            return netns.call(() -> present(spec.device()));
        }
    }

    /** {@code index}: its number in the kernel; a device that comes again has another. */
    record Present(int index, int mtu, boolean isUp) {}

    /**
     * @param programs that may carry frames of the port, or null
     */
    OpenPort.Device open(PortSpec spec, int number, BridgePrograms programs) {
        int id = 2 * number;
        try (Netns netns = Netns.open(path(spec).toString())) {
            if (spec.isTap()) {
                int mtu = spec.mtu() == 0 ? ETHERNET_MTU : spec.mtu();
                long mac = spec.guard().mac();
                DescriptorPort tap = TapPort.open(id, netns, spec.device(), mtu, mac);
                if (spec.isHostPort()) {
                    netns.call(
                            () -> {
                                new NetDevice(spec.device()).up();
                                return null;
                            });
                }
                return new OpenPort.Device(tap, mtu, 0, KernelPort.NONE);
            }
            boolean isRead = programs != null && !spec.isShared();
            long namespace =
                    PodNamespace.of(path(spec).toString()).map(PodNamespace::inode).orElse(0L);
            DescriptorPort port = open(spec, number, netns, isRead ? programs : null);
            try {
                return netns.call(
                        () -> {
                            NetDevice device = new NetDevice(spec.device());
                            int index = device.index();
                            KernelPort kernel = new KernelPort(index, namespace, isRead);
                            return new OpenPort.Device(port, device.mtu(), index, kernel);
                        });
            } catch (RuntimeException e) {
                port.close();
                throw e;
            }
        }
    }

    private static Path path(PortSpec spec) {
        return Netns.path(spec.netns().isEmpty() ? Netns.OWN : spec.netns());
    }

    private DescriptorPort open(PortSpec spec, int number, Netns netns, BridgePrograms programs) {
        int id = 2 * number;
        if (programs != null) {
            String tap = TAP_PREFIX + number;
            return programs.open(id, number, netns, spec.device(), tap, hooks);
        }
        return spec.isShared()
                ? PacketPort.openShared(id, netns, spec.device())
                : PacketPort.open(id, netns, spec.device(), hooks);
    }
}
