package io.virtdataplane.daemon.network;

import io.virtdataplane.bridge.KernelPort;
import io.virtdataplane.daemon.attach.PodNamespace;
import io.virtdataplane.port.BridgePrograms;
import io.virtdataplane.port.DescriptorPort;
import io.virtdataplane.port.KeptDescriptors;
import io.virtdataplane.port.PacketPort;
import io.virtdataplane.port.TapPort;
import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.FileStore;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.sys.SystemCallException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.IntFunction;

/** Opens the devices of bridge ports. */
final class Devices {
    private static final int ETHERNET_MTU = 1500;

    private final Bpf.Mechanism hooks;
    private final KeptDescriptors taps;

    Devices(Bpf.Mechanism hooks, KeptDescriptors taps) {
        this.hooks = hooks;
        this.taps = taps;
    }

    private KeptDescriptors.Owned taps(PortSpec spec) {
        return taps.of(FileStore.digest(spec.name()));
    }

    /** The port is not to come back. */
    void forget(PortSpec spec) {
        if (spec.isTap()) {
            taps(spec).remove();
        }
    }

    /** The port could not be opened. */
    void abandon(PortSpec spec) {
        if (spec.isTap()) {
            taps(spec).abandon();
        }
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
                DescriptorPort tap = TapPort.open(id, netns, spec.device(), mtu, mac, taps(spec));
                if (spec.isHostPort()) {
                    up(netns, spec, tap);
                }
                return new OpenPort.Device(tap, mtu, 0, KernelPort.NONE);
            }
            if (programs != null && !spec.isShared()) {
                return openCarried(spec, number, netns, programs);
            }
            DescriptorPort port =
                    spec.isShared()
                            ? PacketPort.openShared(id, netns, spec.device())
                            : PacketPort.open(id, netns, spec.device(), hooks);
            return opened(
                    netns, spec, port, device -> new KernelPort(device, inode(spec), false, false));
        }
    }

    private void up(Netns netns, PortSpec spec, DescriptorPort tap) {
        try {
            netns.call(
                    () -> {
                        new NetDevice(spec.device()).up();
                        return null;
                    });
        } catch (RuntimeException e) {
            tap.close();
            abandon(spec);
            throw e;
        }
    }

    private OpenPort.Device openCarried(
            PortSpec spec, int number, Netns netns, BridgePrograms programs) {
        long here = PodNamespace.of(Netns.OWN).map(PodNamespace::inode).orElse(0L);
        boolean isHere = inode(spec) == here;
        BridgePrograms.Opened opened =
                programs.open(2 * number, number, isHere ? null : netns, spec.device(), hooks);
        KernelPort kernel = new KernelPort(opened.device(), here, true, !isHere);
        return opened(netns, spec, opened.port(), device -> kernel);
    }

    private static OpenPort.Device opened(
            Netns netns, PortSpec spec, DescriptorPort port, IntFunction<KernelPort> kernel) {
        try {
            return netns.call(
                    () -> {
                        NetDevice device = new NetDevice(spec.device());
                        int index = device.index();
                        return new OpenPort.Device(port, device.mtu(), index, kernel.apply(index));
                    });
        } catch (RuntimeException e) {
            port.close();
            throw e;
        }
    }

    private static long inode(PortSpec spec) {
        return PodNamespace.of(path(spec).toString()).map(PodNamespace::inode).orElse(-1L);
    }

    private static Path path(PortSpec spec) {
        return Netns.path(spec.netns().isEmpty() ? Netns.OWN : spec.netns());
    }
}
