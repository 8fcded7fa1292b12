package io.virtdataplane.port;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.Port;
import io.virtdataplane.dataplane.Verdict;
import io.virtdataplane.sys.Errno;
import io.virtdataplane.sys.Fd;
import io.virtdataplane.wire.VirtioNetHdr;

/**
 * A port behind one file descriptor that yields a frame with its virtio_net_hdr a read, and takes
 * one a write: a tap ({@link TapPort}), a packet socket ({@link PacketPort}) or the pod's uplink
 * ({@link UplinkPort}). The poller does the reading and writing.
 *
 * <p>A packet socket sends past the device's queue, which is where the kernel would segment: a GSO
 * frame for a device that does not segment itself (a veth with its offloads off, a tap whose holder
 * takes none) is refused there. From then on the port's frames go through the queue, all of them,
 * so that they stay in order; and every {@link #TRY_AGAIN} GSO frames one is tried past it, so that
 * a change of the device's features is followed.
 */
public final class DescriptorPort implements Port {
    private static final int CAPACITY = 1024; // at least the pool's size
    private static final int TRY_AGAIN = 512;
    private final String name;
    private final int id;
    private final Fd fd; // where frames are read
    private final Fd direct; // where they are written, past the device's queue
    private final AutoCloseable shield;
    private final Fd queued; // a packet socket that sends through the device's queue; or null
    private final InputQueue input;
    private volatile long missed;
    private final Frame[] fetched = new Frame[CAPACITY];
    private int head;
    private int tail;
    private SendQueue queue;
    private int untilDirect; // GSO frames that are not tried past the queue; 0: all frames are

    /** Frames are being fetched for it (io_uring). */
    boolean armed;

    /** It is in the poller's list of ports with frames. */
    boolean listed;

    /** It brings more than its share, and has others' buffers no longer (io_uring). */
    boolean isBusy;

    /** What is armed was armed while it was busy. */
    boolean readsBusy;

    /** The breath in which it last brought a whole share. */
    int wholeShareAt;

    /**
     * @param queued where it is a packet socket, another one that does not pass the device's queue
     *     by; else null
     */
    DescriptorPort(String name, int id, Fd fd, InputQueue input, AutoCloseable shield, Fd queued) {
        this(name, id, fd, input, shield, fd, queued);
    }

    private DescriptorPort(
            String name,
            int id,
            Fd fd,
            InputQueue input,
            AutoCloseable shield,
            Fd direct,
            Fd queued) {
        this.input = input;
        this.queued = queued;
        this.direct = direct;
        this.name = name;
        this.id = id;
        this.fd = fd;
        this.shield = shield;
    }

    /** Reads one descriptor, a tap, and writes to the sockets of another device. */
    static DescriptorPort ofTwo(
            String name,
            int id,
            Fd tap,
            InputQueue input,
            AutoCloseable link,
            Fd direct,
            Fd queued) {
        return new DescriptorPort(name, id, tap, input, link, direct, queued);
    }

    /** Asks the kernel what the queue had no room for. Control threads. */
    public synchronized void lookAtQueue() {
        if (fd.isOpen()) {
            missed = input.missed();
        }
    }

    @Override
    public long missed() {
        return missed;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int id() {
        return id;
    }

    /** It is a packet socket, whose frames have their VLAN tags beside them. */
    boolean hasTagsBeside() {
        return queued != null && direct == fd;
    }

    int descriptor() {
        return fd.number();
    }

    Fd fd() {
        return fd;
    }

    /** What a frame is to be written to. */
    Fd writer(Frame frame) {
        if (untilDirect == 0) {
            return direct;
        }
        if (isGso(frame)) {
            untilDirect--;
        }
        return queued;
    }

    /**
     * What a write of the frame has come to.
     *
     * @param result bytes written, or the negated error number
     * @return null: it has left
     */
    Verdict outcome(Frame frame, int result) {
        if (result > 0) {
            return null;
        }
        if (queued != null && result == -Errno.ENOBUFS && isGso(frame)) {
            untilDirect = TRY_AGAIN;
            int length = frame.length + VirtioNetHdr.LENGTH;
            return why(queued.write(frame.sendAddress(), length));
        }
        return why(result);
    }

    private static Verdict why(int result) {
        if (result > 0) {
            return null;
        }
        return switch (-result) {
            case Errno.EMSGSIZE -> Verdict.DROP_TOO_BIG;
            case Errno.EINVAL -> Verdict.DROP_MALFORMED; // a virtio_net_hdr that cannot be
            case Errno.EIO, Errno.ENXIO, Errno.ENODEV, Errno.ENETDOWN, Errno.EBADFD ->
                    Verdict.DROP_EGRESS_DOWN;
            default -> Verdict.DROP_EGRESS_FULL;
        };
    }

    private static boolean isGso(Frame frame) {
        return VirtioNetHdr.isGso(frame.data, frame.vnet());
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
    public int receive(Frame[] burst, int from, int most) {
        int count = Math.min(Math.min(tail - head, most), burst.length - from);
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
    public synchronized void close() {
        try {
            shield.close();
        } catch (Exception e) {
            throw new IllegalStateException("close " + name, e);
        } finally {
            input.close();
            fd.close();
            direct.close();
            if (queued != null) {
                queued.close();
            }
        }
    }
}
