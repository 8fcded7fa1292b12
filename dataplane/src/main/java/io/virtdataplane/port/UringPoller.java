package io.virtdataplane.port;

import io.virtdataplane.dataplane.Frame;
import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Poller;
import io.virtdataplane.dataplane.Port;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.sys.BufferRing;
import io.virtdataplane.sys.Errno;
import io.virtdataplane.sys.EventFd;
import io.virtdataplane.sys.IoUring;
import io.virtdataplane.sys.PacketMessage;
import io.virtdataplane.wire.VirtioNetHdr;

/**
 * Moves frames by io_uring. Each port has one multishot read armed, which the kernel serves from
 * the pool's frames without a system call a frame; one call then submits all writes of a burst and
 * collects what has come meanwhile. Frames in the kernel's hands count as taken from the pool.
 *
 * <p>A multishot read goes on for as long as there are frames in it and buffers here: a port that
 * is flooded would have them all, and others would find none. So one that brought more than {@link
 * Worker#SHARE} frames in a breath is <em>busy</em>, and is served from a few buffers that busy
 * ports have for themselves.
 */
public final class UringPoller implements Poller {
    private static final int ENTRIES = 512;
    private static final int RESERVE = 16; // frames kept for those we make ourselves
    private static final int SPINS = 1500; // about 40 µs
    private static final int FRAMES_A_PORT = 8;
    private static final int CALM_BREATHS = 64;
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
    private final DescriptorPort[] busy = new DescriptorPort[Worker.MAX_PORTS];
    private final DescriptorPort[] left = new DescriptorPort[Worker.MAX_PORTS];
    private final Spin spin = new Spin();
    private final Provided forAll;
    private final Provided forBusy;
    private int busyCount;
    private int breaths;
    private int leftCount;
    private int listedCount;
    private int unarmedCount;
    private int failedCount;
    private int outstandingWrites;
    private boolean wakeArmed;
    private boolean woken;
    private long failedNs;

    /** What of the pool is in the kernel's hands, for ports of one kind. */
    private static final class Provided {
        final BufferRing ring;
        final int most;
        int count;

        Provided(BufferRing ring, int most) {
            this.ring = ring;
            this.most = most;
        }
    }

    /** On the worker's thread, which the ring is bound to. */
    public UringPoller(FramePool pool) {
        this.pool = pool;
        this.ring = new IoUring(ENTRIES);
        int most = Integer.highestOneBit(pool.capacity());
        this.forAll = new Provided(ring.buffers(most / 2), most / 2);
        this.forBusy = new Provided(ring.buffers(most / 4), most / 4);
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
        busyCount = without(removed, busy, busyCount);
        leftCount = without(removed, left, leftCount);
        Frame[] one = new Frame[1];
        while (removed.receive(one, 0, 1) > 0) {
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
        if (++breaths % CALM_BREATHS == 0) {
            calm();
        }
        provide();
        arm();
        reap();
        if (listedCount == 0 && leftCount == 0 && timeoutNs != 0 && !woken) {
            sleep(timeoutNs);
        }
        woken = false;
        for (int i = 0; i < leftCount; i++) {
            list(left[i]);
        }
        leftCount = 0;
        int calm = take(ready, 0, false);
        int count = take(ready, calm, true);
        listedCount = 0;
        return count;
    }

    /** Those that are busy, or those that are not, go into {@code ready} from {@code from} on. */
    private int take(Port[] ready, int from, boolean isBusy) {
        int count = from;
        for (int i = 0; i < listedCount; i++) {
            DescriptorPort port = listed[i];
            if (port.listed && port.isBusy == isBusy) {
                port.listed = false;
                ready[count++] = port;
                if (port.waiting() > Worker.SHARE) {
                    left[leftCount++] = port;
                }
                look(port);
            }
        }
        return count;
    }

    /** Who brings a whole share is busy from now on. */
    private void look(DescriptorPort port) {
        if (port.waiting() < Worker.SHARE) {
            return;
        }
        port.wholeShareAt = breaths;
        if (!port.isBusy) {
            busy[busyCount++] = port;
            change(port, true);
        }
    }

    /** Who has not for some breaths is no longer. */
    private void calm() {
        for (int i = busyCount - 1; i >= 0; i--) {
            DescriptorPort port = busy[i];
            if (breaths - port.wholeShareAt >= CALM_BREATHS) {
                busy[i] = busy[--busyCount];
                change(port, false);
            }
        }
    }

    /** It is armed anew, with other buffers, when its read has ended. */
    private void change(DescriptorPort port, boolean isBusy) {
        port.isBusy = isBusy;
        if (port.armed) {
            ring.cancel(READ | port.id(), CANCEL);
        }
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
        provide(forAll, forAll.most);
        provide(forBusy, Math.min(busyCount * Worker.SHARE, forBusy.most));
    }

    private void provide(Provided to, int most) {
        if (to.count >= most || pool.available() <= RESERVE) {
            return;
        }
        while (to.count < most && pool.available() > RESERVE) {
            Frame frame = pool.take();
            to.ring.provide(frame.index, frame.receiveAddress(), Frame.RECEIVE_CAPACITY);
            to.count++;
        }
        to.ring.publish();
    }

    /**
     * Arms no more ports at once than there are frames for: where many have something to read, the
     * kernel would disarm those that find none left, and each would be armed again and again. A
     * busy port has its turn with a whole share, and is not asked for more while it has frames
     * here.
     */
    private void arm() {
        if (!wakeArmed) {
            ring.readMultishot(wake.fd().number(), forAll.ring, WAKE);
            wakeArmed = true;
        }
        if (failedCount > 0 && System.nanoTime() - failedNs >= RETRY_NS) {
            for (int i = 0; i < failedCount; i++) {
                unarmed[unarmedCount++] = failed[i];
            }
            failedCount = 0;
        }
        int room = Math.max(1, forAll.count / FRAMES_A_PORT);
        int busyRoom = Math.max(1, forBusy.count / Worker.SHARE);
        int kept = 0;
        for (int i = 0; i < unarmedCount; i++) { // in turn: none is left out
            DescriptorPort port = unarmed[i];
            boolean isNext = port.isBusy ? port.waiting() == 0 && busyRoom-- > 0 : room-- > 0;
            if (isNext) {
                arm(port);
            } else {
                unarmed[kept++] = port;
            }
        }
        unarmedCount = kept;
    }

    private void arm(DescriptorPort port) {
        BufferRing buffers = (port.isBusy ? forBusy : forAll).ring;
        port.readsBusy = port.isBusy;
        if (port.hasTagsBeside()) {
            ring.receiveMultishot(port.descriptor(), buffers, READ | port.id());
        } else {
            ring.readMultishot(port.descriptor(), buffers, READ | port.id());
        }
        port.armed = true;
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
            (port.readsBusy ? forBusy : forAll).count--;
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
            forAll.count--;
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
