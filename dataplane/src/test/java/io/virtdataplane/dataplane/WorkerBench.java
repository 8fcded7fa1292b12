package io.virtdataplane.dataplane;

import io.virtdataplane.port.PairPoller;
import io.virtdataplane.port.PairPort;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * A worker with ports in memory and a clock whose hands the test turns: the whole walk but for the
 * system calls. After each exchange it checks that the pool is full again, and that the verdicts of
 * all that is attached here add up to the frames received.
 */
public final class WorkerBench {
    public static final long SECOND = 1_000_000_000L;
    public static final int FRAMES = 64;
    public final FramePool pool =
            new FramePool(Arena.ofAuto().allocate(FramePool.bytes(FRAMES), 4096), FRAMES);
    public final EventRing events = new EventRing();
    public final Worker worker;
    private final List<Vif> attached = new ArrayList<>();
    private long nowNs = SECOND; // less than the kernel's clock may have
    private int frames = FRAMES;

    public WorkerBench() {
        this(new PairPoller());
    }

    public WorkerBench(Poller poller) {
        worker = new Worker(poller, pool, this::nowNs, events);
    }

    public Nic attach(NicPlan plan) {
        Nic nic = worker.attach(plan);
        attached.add(nic);
        return nic;
    }

    public void attach(BridgeVif port) {
        worker.attach(port);
        attached.add(port);
    }

    /** Takes frames away, as those that a poller has in the kernel's hands. */
    public void withFramesLeft(int left) {
        while (pool.available() > left) {
            pool.take();
        }
        frames = left;
    }

    public long nowNs() {
        return nowNs;
    }

    /** The clock goes on, and the worker sleeps. */
    public void later(long ns) {
        nowNs += ns;
    }

    /** The worker breathes once after these seconds. */
    public void pass(long seconds) {
        later(seconds * SECOND);
        breathe();
    }

    /** What leaves by {@code to} after these have come in by {@code from}. */
    public List<byte[]> exchange(PairPort from, PairPort to, byte[]... arriving) {
        to.departed().clear();
        send(from, arriving);
        return List.copyOf(to.departed());
    }

    public void send(PairPort from, byte[]... arriving) {
        for (byte[] bytes : arriving) {
            from.inject(pool.take(), bytes);
        }
        breathe();
    }

    /** The same with a frame of the pool that the test has filled. */
    public void send(PairPort from, Frame arriving) {
        from.inject(arriving);
        breathe();
    }

    /** Until all that has come is walked. */
    public void breathe() {
        while (worker.breath(0) > 0) {
            // there was some
        }
        if (pool.available() != frames) {
            throw new AssertionError("pool is not full again: available=" + pool.available());
        }
        attached.forEach(WorkerBench::checkVerdicts);
    }

    private static void checkVerdicts(Vif vif) {
        long verdicts = 0;
        for (int i = 0; i < Verdict.count(); i++) {
            verdicts += vif.counters.frames(Verdict.of(i));
        }
        long received = vif.counters.received();
        if (verdicts != received) {
            throw new AssertionError(
                    "verdicts do not add up: vif=%s verdicts=%d received=%d"
                            .formatted(vif.name(), verdicts, received));
        }
    }
}
