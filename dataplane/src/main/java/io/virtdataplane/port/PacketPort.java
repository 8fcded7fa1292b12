package io.virtdataplane.port;

import io.virtdataplane.sys.Bpf;
import io.virtdataplane.sys.BpfObject;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.sys.PacketSocket;

/**
 * An existing netdev, such as a tap whose descriptor QEMU holds or one end of a veth. While the
 * port is open the device's own kernel gets nothing of what arrives there: it must not answer the
 * guest in our place.
 */
public final class PacketPort {
    private PacketPort() {}

    public static DescriptorPort open(int id, Netns netns, String name, Bpf.Mechanism mechanism) {
        return netns.call(
                () -> {
                    NetDevice device = existing(name);
                    AutoCloseable link = shield(device, mechanism);
                    try {
                        if (!device.isUp()) {
                            device.up();
                        }
                        return port(id, device, name, link);
                    } catch (RuntimeException e) {
                        remove(link);
                        throw e;
                    }
                });
    }

    /** The device's own kernel goes on receiving what arrives: a copy of each frame is ours. */
    public static DescriptorPort openShared(int id, Netns netns, String name) {
        return netns.call(
                () -> {
                    NetDevice device = existing(name);
                    return port(id, device, name, () -> {});
                });
    }

    /**
     * A guest's device whose frames the kernel may carry: what it does not carry is read from the
     * tap of {@code guest}, which is the port's from now on.
     */
    public static DescriptorPort openCarried(
            int id, Netns netns, CarriedGuest guest, Steering steering) {
        return netns.call(
                () -> {
                    NetDevice device = guest.device();
                    AutoCloseable link = steering.attachToGuest();
                    try {
                        if (!device.isUp()) {
                            device.up();
                        }
                        Fd direct =
                                guest.kept()
                                        .take(
                                                KeptDescriptors.Role.DIRECT,
                                                device,
                                                PacketSocket::openSending);
                        try {
                            Fd queued =
                                    guest.kept()
                                            .take(
                                                    KeptDescriptors.Role.QUEUED,
                                                    device,
                                                    PacketSocket::openQueued);
                            return carried(id, guest, link, direct, queued);
                        } catch (RuntimeException e) {
                            direct.close();
                            throw e;
                        }
                    } catch (RuntimeException e) {
                        remove(link);
                        throw e;
                    }
                });
    }

    private static DescriptorPort carried(
            int id, CarriedGuest guest, AutoCloseable link, Fd direct, Fd queued) {
        try {
            InputQueue input = InputQueue.ofTap(guest.tapName());
            return DescriptorPort.ofTwo(
                    "dev:" + guest.name(), id, guest.tap(), input, link, direct, queued);
        } catch (RuntimeException e) {
            queued.close();
            throw e;
        }
    }

    static NetDevice existing(String name) {
        NetDevice device = new NetDevice(name);
        if (!device.exists()) {
            throw new IllegalArgumentException("device must exist in its namespace: dev=" + name);
        }
        return device;
    }

    private static DescriptorPort port(
            int id, NetDevice device, String name, AutoCloseable shield) {
        Fd socket = PacketSocket.open(device);
        try {
            Fd queued = PacketSocket.openQueued(device);
            return new DescriptorPort(
                    "dev:" + name, id, socket, InputQueue.ofSocket(socket), shield, queued);
        } catch (RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Packet sockets see a frame before this hook. */
    private static AutoCloseable shield(NetDevice device, Bpf.Mechanism mechanism) {
        try (BpfObject programs = PodPrograms.shield()) {
            return Bpf.attach(programs.load("vdp_shield"), device, Bpf.Hook.INGRESS, mechanism);
        }
    }

    private static void remove(AutoCloseable link) {
        try {
            link.close();
        } catch (Exception e) {
            throw new IllegalStateException("remove shield", e);
        }
    }
}
