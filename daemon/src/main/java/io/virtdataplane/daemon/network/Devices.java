package io.virtdataplane.daemon.network;

import io.virtdataplane.port.DescriptorPort;
import io.virtdataplane.port.PacketPort;
import io.virtdataplane.port.TapPort;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;

/** Opens the devices of bridge ports. */
final class Devices {
    private static final String OWN = "/proc/self/ns/net";
    private static final int ETHERNET_MTU = 1500;
    private final Bpf.Mechanism hooks;

    Devices(Bpf.Mechanism hooks) {
        this.hooks = hooks;
    }

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
                return new OpenPort.Device(tap, mtu);
            }
            DescriptorPort port =
                    spec.shared()
                            ? PacketPort.openShared(id, netns, spec.device())
                            : PacketPort.open(id, netns, spec.device(), hooks);
            try {
                int mtu = netns.call(() -> new NetDevice(spec.device()).mtu());
                return new OpenPort.Device(port, spec.mtu() == 0 ? mtu : Math.min(mtu, spec.mtu()));
            } catch (RuntimeException e) {
                port.close();
                throw e;
            }
        }
    }
}
