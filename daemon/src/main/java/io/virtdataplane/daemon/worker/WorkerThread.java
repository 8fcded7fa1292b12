package io.virtdataplane.daemon.worker;

import io.virtdataplane.dataplane.Clock;
import io.virtdataplane.dataplane.EventRing;
import io.virtdataplane.dataplane.FramePool;
import io.virtdataplane.dataplane.Worker;
import io.virtdataplane.port.Pollers;
import io.virtdataplane.sys.Affinity;
import io.virtdataplane.sys.Mapping;
import io.virtdataplane.sys.SystemCallException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs one {@link Worker} on a thread of its own and asks it questions for other threads. */
public final class WorkerThread implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerThread.class);
    private static final int ANSWER_SECONDS = 5;
    private static final int EXIT_WORKER_DIED = 70; // EX_SOFTWARE
    private final int number;
    private final EventRing events = new EventRing();
    private final Worker worker;
    private final Thread thread;
    private final AtomicBoolean isBeating = new AtomicBoolean();

    /**
     * What all packet threads have in common.
     *
     * @param frames of the pool of each
     * @param cpus each thread is bound to the one at its number; empty: the scheduler chooses
     */
    public record Settings(Pollers.Kind poller, int frames, List<Integer> cpus) {}

    WorkerThread(int number, Settings settings) {
        this.number = number;
        CompletableFuture<Worker> started = new CompletableFuture<>();
        thread = Thread.ofPlatform().name("worker-" + number).start(() -> run(settings, started));
        try {
            worker = started.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private void run(Settings settings, CompletableFuture<Worker> started) {
        try {
            pin(settings.cpus());
            Mapping memory = Mapping.anonymous(FramePool.bytes(settings.frames()));
            FramePool pool = new FramePool(memory.segment(), settings.frames());
            Worker made =
                    new Worker(Pollers.open(settings.poller(), pool), pool, Clock.SYSTEM, events);
            started.complete(made);
            made.run();
        } catch (RuntimeException | Error e) {
            if (started.completeExceptionally(e)) {
                return;
            }
            LOG.error(
                    "worker failed, the daemon exits so that the service manager restarts it: worker={}",
                    number,
                    e);
            Runtime.getRuntime().halt(EXIT_WORKER_DIED);
        }
    }

    private void pin(List<Integer> cpus) {
        if (cpus.isEmpty()) {
            return;
        }
        try {
            Affinity.pin(cpus.get(number));
        } catch (SystemCallException e) {
            throw new IllegalArgumentException(
                    "workerCpus must be processors that this process may run on: workerCpus="
                            + cpus,
                    e);
        }
    }

    public int number() {
        return number;
    }

    public EventRing events() {
        return events;
    }

    /** What a fault's number in an event stands for. */
    public String describeFault(int faultNumber) {
        return worker.describeFault(faultNumber);
    }

    public String pollerKind() {
        return worker.pollerKind();
    }

    /** Processor time of the thread so far, in nanoseconds; -1 where it has ended. Any thread. */
    public long cpuNs() {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
    }

    /** Asks on the worker's thread and waits for the answer. */
    public <T> T ask(Function<Worker, T> query) {
        try {
            return worker.call(query).await(ANSWER_SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException cause
                    ? cause
                    : new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("worker does not answer: worker=" + number, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** As soon as it comes to it; nobody waits. Not twice where it has not come to the first. */
    void beat() {
        if (isBeating.compareAndSet(false, true)) {
            var unused =
                    worker.call(
                            on -> {
                                isBeating.set(false);
                                on.beat();
                                return null;
                            });
        }
    }

    /** As {@link #ask}, where there is no answer but that it is done. */
    public void tell(Consumer<Worker> order) {
        ask(
                on -> {
                    order.accept(on);
                    return null;
                });
    }

    @Override
    public void close() {
        worker.stop();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(ANSWER_SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
