package io.virtdataplane.port;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Port;
import io.virtdataplane.sys.Fd;

/**
 * A port behind one file descriptor that yields a frame with its virtio_net_hdr a read, and takes
 * one a write: a tap ({@link TapPort}), a packet socket ({@link PacketPort}) or the pod's uplink
 * ({@link UplinkPort}). The poller does the reading and writing.
 */
public final class DescriptorPort implements Port {
    private static final int CAPACITY = 1024; // at least the pool's size
    private final String name;
    private final int id;
    private final Fd fd;
    private final AutoCloseable shield;
    private final boolean tagsBeside;
    private final Frame[] fetched = new Frame[CAPACITY];
    private int head;
    private int tail;
    private SendQueue queue;

    /** Frames are being fetched for it (io_uring). */
    boolean armed;

    /** It is in the poller's list of ports with frames. */
    boolean listed;

    /**
     * @param tagsBeside it is a packet socket, whose frames have their VLAN tags beside them
     */
    DescriptorPort(String name, int id, Fd fd, AutoCloseable shield, boolean tagsBeside) {
        this.tagsBeside = tagsBeside;
        this.name = name;
        this.id = id;
        this.fd = fd;
        this.shield = shield;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int id() {
        return id;
    }

    boolean hasTagsBeside() {
        return tagsBeside;
    }

    int descriptor() {
        return fd.number();
    }

    Fd fd() {
        return fd;
    }

    void sendBy(SendQueue by) {
        queue = by;
    }

    void fetched(Frame frame) {
        fetched[tail++ & CAPACITY - 1] = frame;
    }

    int waiting() {
        return tail - head;
    }

    @Override
    public int receive(Frame[] burst, int from) {
        int count = Math.min(tail - head, burst.length - from);
        for (int i = 0; i < count; i++) {
            burst[from + i] = fetched[head++ & CAPACITY - 1];
        }
        return count;
    }

    @Override
    public void send(Frame frame) {
        frame.egress = this;
        queue.add(frame);
    }

    @Override
    public void close() {
        try {
            shield.close();
        } catch (Exception e) {
            throw new IllegalStateException("close " + name, e);
        } finally {
            fd.close();
        }
    }
}
