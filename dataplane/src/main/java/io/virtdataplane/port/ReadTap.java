package io.virtdataplane.port;

import io.virtdataplane.sys.Fd;
import io.virtdataplane.sys.NetDevice;

/** A tap by which programs in the kernel hand us frames. */
final class ReadTap {
    private static final int QUEUE_FRAMES = 2048;

    private ReadTap() {}

    /** Up, and quiet: {@code fd}, which is closed where that fails. */
    static Fd ready(Fd fd, String name, int mtu) {
        try {
            NetDevice tap = new NetDevice(name);
            tap.disableIpv6();
            tap.mtu(mtu);
            tap.txQueueLength(QUEUE_FRAMES);
            tap.up();
            return fd;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }
}
