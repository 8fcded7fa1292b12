package io.virtdataplane.daemon.network;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Sees every few seconds whether the uplinks of bridges are still, or again, what they were. */
public final class UplinkKeeper implements AutoCloseable {
    private static final long INTERVAL_SECONDS = 3;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("uplinks").factory());

    public UplinkKeeper(Bridges bridges) {
        var unused =
                timer.scheduleWithFixedDelay(
                        bridges::tend, INTERVAL_SECONDS, INTERVAL_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        timer.shutdown();
    }
}
