package io.virtdataplane.daemon.worker;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Has every packet thread say, again and again, that its NICs are attended to. One that is stuck
 * says nothing, and after a while its NICs' programs give the pods' kernels everything back.
 */
public final class Heartbeat implements AutoCloseable {
    private static final long INTERVAL_MILLISECONDS = 500;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("heartbeat").factory());

    public Heartbeat(Workers workers) {
        var unused =
                timer.scheduleWithFixedDelay(
                        () -> workers.threads().forEach(WorkerThread::beat),
                        INTERVAL_MILLISECONDS,
                        INTERVAL_MILLISECONDS,
                        TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
