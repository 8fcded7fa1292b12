package io.virtdataplane.daemon.network;

import io.virtdataplane.daemon.rpc.Complaint;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/** Sees every few seconds whether bridges and policies are still, or again, what they are to be. */
public final class NetworkKeeper implements AutoCloseable {
    private static final long INTERVAL_SECONDS = 3;
    private final Complaint complaint =
            new Complaint(
                    LoggerFactory.getLogger(NetworkKeeper.class),
                    "bridges and policies not checked, the daemon tries again");
    private final NetworkObjects networks;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("networks").factory());

    public NetworkKeeper(NetworkObjects networks) {
        this.networks = networks;
        var unused =
                timer.scheduleWithFixedDelay(
                        this::tend, INTERVAL_SECONDS, INTERVAL_SECONDS, TimeUnit.SECONDS);
    }

    private void tend() {
        try {
            networks.tend();
            complaint.settle();
        } catch (RuntimeException e) { // the timer would end with it
            complaint.raise(e);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
