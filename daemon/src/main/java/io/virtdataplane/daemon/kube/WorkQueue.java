package io.virtdataplane.daemon.kube;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keys whose objects are to be looked at, one at a time on a thread of its own. A key stands in it
 * once, however often it is added; one that failed comes again later and later.
 */
final class WorkQueue<K> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkQueue.class);
    private static final long FIRST_RETRY_MS = 1_000;
    private static final long LONGEST_RETRY_MS = 300_000;
    private static final long END_SECONDS = 5;

    /** {@link Work} has nothing more to do with the key. */
    static final long DONE = -1;

    private final Function<K, Long> work;
    private final ScheduledExecutorService thread;
    private final Map<K, ScheduledFuture<?>> next = new HashMap<>();
    private final Map<K, Integer> failures = new HashMap<>();

    /**
     * @param work milliseconds after which it wants the key again, or {@link #DONE}; what it throws
     *     is logged once a message, and the key comes again
     */
    WorkQueue(String name, Function<K, Long> work) {
        this.work = work;
        this.thread =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().name(name).factory());
    }

    void add(K key) {
        add(key, 0);
    }

    /** Where it stands in the queue already, the earlier time counts. */
    synchronized void add(K key, long delayMs) {
        ScheduledFuture<?> waiting = next.get(key);
        if (waiting != null) {
            if (waiting.getDelay(TimeUnit.MILLISECONDS) <= delayMs) {
                return;
            }
            waiting.cancel(false);
        }
        try {
            next.put(key, thread.schedule(() -> run(key), delayMs, TimeUnit.MILLISECONDS));
        } catch (RejectedExecutionException e) {
            next.remove(key); // closed
        }
    }

    private void run(K key) {
        synchronized (this) {
            next.remove(key);
        }
        try {
            long again = work.apply(key);
            succeeded(key);
            if (again != DONE) {
                add(key, again);
            }
        } catch (RuntimeException e) {
            add(key, failed(key, e));
        }
    }

    private synchronized void succeeded(K key) {
        failures.remove(key);
    }

    private synchronized long failed(K key, RuntimeException e) {
        int times = failures.merge(key, 1, Integer::sum);
        long delay = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS << Math.min(times - 1, 10));
        if (times == 1) {
            LOG.warn("not done, tried again: {}: {}", key, ServerWords.of(e));
        }
        return delay + ThreadLocalRandom.current().nextLong(delay / 2);
    }

    /** What is under way is let end for a while. */
    @Override
    public void close() {
        thread.shutdownNow();
        try {
            thread.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
