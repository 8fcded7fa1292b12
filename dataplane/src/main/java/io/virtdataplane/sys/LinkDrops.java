package io.virtdataplane.sys;

/**
 * How many frames a device had no room for on their way out. Any thread may ask; the device may get
 * another name. A netlink request would wait for the kernel's lock of all devices, which it holds
 * for a grace period at each program that is tied to one: while NICs are attached nobody else would
 * have an answer for seconds.
 */
public final class LinkDrops implements AutoCloseable {
    private final NetDevice.Numbered device;
    private final DeviceCounters counters;
    private final long before; // an earlier run's, which the device has outlived
    private long count;

    /** Of a device of the calling thread's namespace. */
    public LinkDrops(String name) {
        device = new NetDevice(name).numbered();
        try {
            counters = DeviceCounters.here();
        } catch (RuntimeException e) {
            device.close();
            throw e;
        }
        try {
            before = counters.dropped(device.name(), 0);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Since this was made; no more of them once the device has left the namespace. */
    public synchronized long count() {
        count = counters.dropped(device.name(), before + count) - before;
        return count;
    }

    @Override
    public void close() {
        device.close();
        counters.close();
    }
}
