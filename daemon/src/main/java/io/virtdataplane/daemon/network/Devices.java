package io.virtdataplane.daemon.network;

import io.virtdataplane.port.DescriptorPort;
import io.virtdataplane.port.PacketPort;
import io.virtdataplane.port.TapPort;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.sys.SystemCallException;
import java.util.Optional;

/** Opens the devices of bridge ports. */
final class Devices {
    private static final String OWN = "/proc/self/ns/net";
    private static final int ETHERNET_MTU = 1500;
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
        try (Netns netns = Netns.open(spec.netns().isEmpty() ? OWN : spec.netns())) {
            return netns.call(() -> present(spec.device()));
        }
    }

    /** {@code index}: its number in the kernel; a device that comes again has another. */
    record Present(int index, int mtu, boolean isUp) {}

    OpenPort.Device open(PortSpec spec, int number) {
        int id = 2 * number;
        try (Netns netns = Netns.open(spec.netns().isEmpty() ? OWN : spec.netns())) {
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
                return new OpenPort.Device(tap, mtu, 0);
            }
            DescriptorPort port =
                    spec.isShared()
                            ? PacketPort.openShared(id, netns, spec.device())
                            : PacketPort.open(id, netns, spec.device(), hooks);
            try {
                return netns.call(
                        () -> {
                            NetDevice device = new NetDevice(spec.device());
                            return new OpenPort.Device(port, device.mtu(), device.index());
                        });
            } catch (RuntimeException e) {
                port.close();
                throw e;
            }
        }
    }
}
