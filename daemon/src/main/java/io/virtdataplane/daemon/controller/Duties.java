package io.virtdataplane.daemon.controller;

import io.virtdataplane.daemon.journal.Complaint;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done again and again, one after the other; what fails is tried again at its next turn.
 */
final class Duties implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Duties.class);
    private static final long END_SECONDS = 5;
    private static final long LONGEST_SILENCE_NANOS = TimeUnit.MINUTES.toNanos(5);
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("duties").factory());
    private volatile long lastTurn = System.nanoTime();

    /** Work of a duty. */
    @FunctionalInterface
    interface Work {
        void run() throws Exception;
    }

    /**
     * @param when it is not done while this is false
     */
    void every(long milliseconds, String name, BooleanSupplier when, Work work) {
        Complaint complaint = new Complaint(LOG, name + " failed, tried again");
        var unused =
                timer.scheduleWithFixedDelay(
                        () -> run(when, work, complaint),
                        milliseconds,
                        milliseconds,
                        TimeUnit.MILLISECONDS);
    }

    private void run(BooleanSupplier when, Work work, Complaint complaint) {
        lastTurn = System.nanoTime();
        if (!when.getAsBoolean()) {
            return;
        }
        try {
            work.run();
            complaint.settle();
        } catch (RuntimeException e) {
            complaint.raise(e);
        } catch (Exception e) {
            complaint.raise(new IllegalStateException(e));
        }
    }

    /** Empty while duties have their turns. */
    String illness() {
        return System.nanoTime() - lastTurn > LONGEST_SILENCE_NANOS
                ? "duties have not had a turn for five minutes"
                : "";
    }

    @Override
    public void close() {
        timer.shutdownNow();
        try {
            timer.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
