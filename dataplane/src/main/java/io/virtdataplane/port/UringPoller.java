package io.virtdataplane.port;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Poller;
import io.virtdataplane.dataplane.Port;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.sys.Errno;
import io.virtdataplane.sys.EventFd;
import io.virtdataplane.sys.IoUring;
import io.virtdataplane.sys.PacketMessage;
import io.virtdataplane.wire.VirtioNetHdr;

/**
 * Moves frames by io_uring. Each port has one multishot read armed, which the kernel serves from
 * the pool's frames without a system call a frame; one call then submits all writes of a burst and
 * collects what has come meanwhile. Frames in the kernel's hands count as taken from the pool.
 */
public final class UringPoller implements Poller {
    private static final int ENTRIES = 512;
    private static final int RESERVE = 16; // frames kept for those we make ourselves
    private static final int SPINS = 1500; // about 40 µs
    private static final int FRAMES_A_PORT = 8;
    private static final long RETRY_NS = 100_000_000L;
    private static final long READ = 1L << 32;
    private static final long WRITE = 2L << 32;
    private static final long CANCEL = 3L << 32;
    private static final long WAKE = 4L << 32;

    private final FramePool pool;
    private final IoUring ring;
    private final EventFd wake;
    private final SendQueue queue = new SendQueue();
    private final DescriptorPort[] ports = new DescriptorPort[Worker.MAX_PORTS];
    private final DescriptorPort[] listed = new DescriptorPort[Worker.MAX_PORTS];
    private final DescriptorPort[] unarmed = new DescriptorPort[Worker.MAX_PORTS];
    private final DescriptorPort[] failed = new DescriptorPort[Worker.MAX_PORTS];
    private final Spin spin = new Spin();
    private final int buffers;
    private int provided;
    private int listedCount;
    private int unarmedCount;
    private int failedCount;
    private int outstandingWrites;
    private boolean wakeArmed;
    private boolean woken;
    private long failedNs;

    /** On the worker's thread, which the ring is bound to. */
    public UringPoller(FramePool pool) {
        this.pool = pool;
        this.buffers = Integer.highestOneBit(pool.capacity());
        this.ring = new IoUring(ENTRIES, buffers);
        this.wake = new EventFd();
    }

    @Override
    public String kind() {
        return "io_uring";
    }

    @Override
    public void add(Port port) {
        DescriptorPort added = (DescriptorPort) port;
        added.sendBy(queue);
        ports[added.id()] = added;
        unarmed[unarmedCount++] = added;
    }

    @Override
    public void remove(Port port) {
        DescriptorPort removed = (DescriptorPort) port;
        if (removed.armed) {
            ring.cancel(READ | removed.id(), CANCEL);
            while (removed.armed) {
                ring.enter(1);
                reap();
            }
        }
        unarmedCount = without(removed, unarmed, unarmedCount);
        failedCount = without(removed, failed, failedCount);
        Frame[] one = new Frame[1];
        while (removed.receive(one, 0) > 0) {
            pool.free(one[0]);
        }
        ports[removed.id()] = null;
    }

    private static int without(DescriptorPort removed, DescriptorPort[] from, int count) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (from[i] != removed) {
                from[kept++] = from[i];
            }
        }
        return kept;
    }

    @Override
    public int await(Port[] ready, long timeoutNs) {
        provide();
        arm();
        reap();
        if (listedCount == 0 && timeoutNs != 0 && !woken) {
            sleep(timeoutNs);
        }
        woken = false;
        int count = listedCount;
        for (int i = 0; i < count; i++) {
            listed[i].listed = false;
            ready[i] = listed[i];
        }
        listedCount = 0;
        return count;
    }

    private void sleep(long timeoutNs) {
        ring.enter(0);
        reap();
        if (listedCount > 0 || woken || unarmedCount > 0) {
            return;
        }
        if (spin.isWorthwhile()) {
            for (int i = 0; i < SPINS; i++) {
                if (ring.isReady()) {
                    ring.enter(0);
                    reap();
                    spin.outcome(true);
                    return;
                }
                Thread.onSpinWait();
            }
            spin.outcome(false);
        }
        ring.await(
                failedCount > 0 && (timeoutNs < 0 || timeoutNs > RETRY_NS) ? RETRY_NS : timeoutNs);
        reap();
    }

    /** Gives the kernel what the pool can spare. */
    private void provide() {
        if (provided >= buffers || pool.available() <= RESERVE) {
            return;
        }
        while (provided < buffers && pool.available() > RESERVE) {
            Frame frame = pool.take();
            ring.provide(frame.index, frame.receiveAddress(), Frame.RECEIVE_CAPACITY);
            provided++;
        }
        ring.publishBuffers();
    }

    /**
     * Arms no more ports at once than there are frames for: where many have something to read, the
     * kernel would disarm those that find none left, and each would be armed again and again.
     */
    private void arm() {
        if (!wakeArmed) {
            ring.readMultishot(wake.fd().number(), WAKE);
            wakeArmed = true;
        }
        if (failedCount > 0 && System.nanoTime() - failedNs >= RETRY_NS) {
            for (int i = 0; i < failedCount; i++) {
                unarmed[unarmedCount++] = failed[i];
            }
            failedCount = 0;
        }
        int count = Math.min(unarmedCount, Math.max(1, provided / FRAMES_A_PORT));
        for (int i = 0; i < count; i++) {
            DescriptorPort port = unarmed[i];
            if (port.hasTagsBeside()) {
                ring.receiveMultishot(port.descriptor(), READ | port.id());
            } else {
                ring.readMultishot(port.descriptor(), READ | port.id());
            }
            port.armed = true;
        }
        unarmedCount -= count;
        System.arraycopy(unarmed, count, unarmed, 0, unarmedCount); // in turn: none is left out
    }

    /** Takes all completions that are there. */
    private void reap() {
        long token;
        while ((token = ring.nextCompletion()) != -1) {
            long kind = token & ~0xffff_ffffL;
            int number = (int) token;
            if (kind == READ) {
                readDone(ports[number]);
            } else if (kind == WRITE) {
                outstandingWrites--;
                writeDone(pool.byIndex(number));
            } else if (kind == WAKE) {
                wakeDone();
            }
        }
    }

    private void writeDone(Frame frame) {
        frame.unsent = ((DescriptorPort) frame.egress).outcome(frame, ring.completionResult());
    }

    private void readDone(DescriptorPort port) {
        int result = ring.completionResult();
        if (ring.hasBuffer()) {
            Frame frame = pool.byIndex(ring.bufferId());
            provided--;
            int head = port.hasTagsBeside() ? PacketMessage.HEAD : 0;
            if (result > head + VirtioNetHdr.LENGTH) {
                int tag = head == 0 ? 0 : PacketMessage.tagAt(frame.data, Frame.HEADROOM);
                frame.received(port, head, result - head, tag);
                port.fetched(frame);
                list(port);
            } else {
                pool.free(frame);
            }
        }
        if (!ring.hasMore()) {
            port.armed = false;
            if (result < 0 && result != -Errno.ENOBUFS && result != -Errno.ECANCELED) {
                failed[failedCount++] = port; // a device that is down: later, not at once
                failedNs = System.nanoTime();
            } else {
                unarmed[unarmedCount++] = port;
            }
        }
    }

    private void list(DescriptorPort port) {
        if (!port.listed) {
            port.listed = true;
            listed[listedCount++] = port;
        }
    }

    private void wakeDone() {
        woken = true;
        if (ring.hasBuffer()) {
            provided--;
            pool.free(pool.byIndex(ring.bufferId()));
        }
        wakeArmed = ring.hasMore();
    }

    @Override
    public void flush() {
        int count = queue.size;
        if (count == 0) {
            return;
        }
        for (int i = 0; i < count; i++) {
            Frame frame = queue.frames[i];
            ring.write(
                    ((DescriptorPort) frame.egress).writer(frame).number(),
                    frame.sendAddress(),
                    frame.length + VirtioNetHdr.LENGTH,
                    WRITE | frame.index);
        }
        outstandingWrites += count;
        queue.size = 0;
        ring.enter(0);
        reap();
        while (outstandingWrites > 0) {
            ring.enter(1);
            reap();
        }
    }

    @Override
    public void wake() {
        wake.signal();
    }

    @Override
    public void close() {
        ring.close();
        wake.close();
    }
}
