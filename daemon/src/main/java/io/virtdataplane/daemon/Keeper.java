package io.virtdataplane.daemon;

import io.virtdataplane.daemon.journal.Complaint;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees every few seconds whether bridges are still, or again, what they are to be, has objects that
 * wait tried again, NICs and VFs ended whose pod is gone, and the disk tried: each on a thread of
 * its own, since a try can take as long as a gateway is waited for.
 */
final class Keeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Keeper.class);
    private static final long INTERVAL_SECONDS = 3;
    private static final long END_SECONDS = 5;
    private final ScheduledExecutorService timer =
            Executors.newScheduledThreadPool(
                    7, Thread.ofPlatform().daemon().name("keeper-", 0).factory());

    /**
     * @param tend sees to the bridges
     * @param retry applies again what waits
     * @param detachGone detaches NICs whose pod is gone
     * @param takeBackGone takes back VFs whose pod is gone
     * @param tendNics opens NICs whose devices have changed, or that wait to be attached
     * @param tendNode sees by which devices and addresses the node's Services are reached
     * @param probe sees whether state can be written
     */
    Keeper(
            Runnable tend,
            Runnable retry,
            Runnable detachGone,
            Runnable takeBackGone,
            Runnable tendNics,
            Runnable tendNode,
            Runnable probe) {
        every(tend, new Complaint(LOG, "bridges not checked, the daemon tries again"));
        every(retry, new Complaint(LOG, "waiting objects not tried, the daemon tries again"));
        every(detachGone, new Complaint(LOG, "pods not looked for, the daemon tries again"));
        every(takeBackGone, new Complaint(LOG, "pods with VFs not looked for, tried again"));
        every(tendNics, new Complaint(LOG, "NICs not looked after, the daemon tries again"));
        every(tendNode, new Complaint(LOG, "services of the node not tended, tried again"));
        every(probe, new Complaint(LOG, "state directory not tried, the daemon tries again"));
    }

    private void every(Runnable work, Complaint complaint) {
        var unused =
                timer.scheduleWithFixedDelay(
                        () -> run(work, complaint),
                        INTERVAL_SECONDS,
                        INTERVAL_SECONDS,
                        TimeUnit.SECONDS);
    }

    private static void run(Runnable work, Complaint complaint) {
        try {
            work.run();
            complaint.settle();
        } catch (RuntimeException e) { // the timer would end with it
            complaint.raise(e);
        }
    }

    /** A try that is under way is let end, as long as that may take. */
    @Override
    public void close() {
        timer.shutdown();
        try {
            if (!timer.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
                timer.shutdownNow();
                timer.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
