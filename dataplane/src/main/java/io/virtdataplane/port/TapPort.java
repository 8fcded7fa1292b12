package io.virtdataplane.port;

import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.NetDevice;
import io.virtdataplane.sys.Netns;
import io.virtdataplane.sys.Tun;

/**
 * A tap that we make and hold: the netdev is the other side, and may be moved to another namespace
 * afterwards. It ends with the port.
 */
public final class TapPort {
    private static final int QUEUE_FRAMES = 2048;

    private TapPort() {}

    /**
     * @param mac for the device, or 0 to leave the kernel's choice
     */
    public static DescriptorPort open(int id, Netns netns, String name, int mtu, long mac) {
        return netns.call(
                () -> {
                    Fd fd = Tun.openTap(name);
                    try {
                        NetDevice device = new NetDevice(name);
                        device.mtu(mtu);
                        device.txQueueLength(QUEUE_FRAMES);
                        if (mac != 0) {
                            device.mac(mac);
                        }
                        return new DescriptorPort(
                                "tap:" + name, id, fd, InputQueue.ofTap(name), () -> {}, null);
                    } catch (RuntimeException e) {
                        fd.close();
                        throw e;
                    }
                });
    }
}
