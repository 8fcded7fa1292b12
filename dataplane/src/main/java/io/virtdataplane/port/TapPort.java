package io.virtdataplane.port;

import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.sys.Tun;

/**
 * A tap that we make and hold: the netdev is the other side, and may be moved to another namespace
 * afterwards. It ends with the port, or is kept for the next daemon.
 */
public final class TapPort {
    private static final int QUEUE_FRAMES = 2048;

    private TapPort() {}

    /**
     * @param mac for the device, or 0 to leave the kernel's choice
     * @param kept where it is found, and left
     */
    public static DescriptorPort open(
            int id, Netns netns, String name, int mtu, long mac, KeptDescriptors.Owned kept) {
        Fd earlier = kept.take(KeptDescriptors.Role.GUEST);
        return earlier == null
                ? netns.call(() -> make(id, name, mtu, mac, kept))
                : takenOver(id, name, mtu, earlier);
    }

    private static DescriptorPort make(
            int id, String name, int mtu, long mac, KeptDescriptors.Owned kept) {
        Fd fd = Tun.openTap(name);
        try {
            NetDevice device = new NetDevice(name);
            device.mtu(mtu);
            device.txQueueLength(QUEUE_FRAMES);
            if (mac != 0) {
                device.mac(mac);
            }
            DescriptorPort port = port(id, name, fd, name);
            kept.keep(KeptDescriptors.Role.GUEST, fd);
            return port;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /** It is where it was moved to, under the name that it got there. */
    private static DescriptorPort takenOver(int id, String name, int mtu, Fd fd) {
        try (Netns netns = Tun.namespace(fd)) {
            return netns.call(
                    () -> {
                        NetDevice device = new NetDevice(Tun.name(fd));
                        if (device.mtu() != mtu) {
                            device.mtu(mtu); // the pod's may have changed meanwhile
                        }
                        return port(id, name, fd, device.name());
                    });
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    private static DescriptorPort port(int id, String name, Fd fd, String now) {
        return new DescriptorPort("tap:" + name, id, fd, InputQueue.ofTap(now), () -> {}, null);
    }
}
