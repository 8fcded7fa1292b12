package io.virtdataplane.daemon.attach;

import io.virtdataplane.daemon.journal.EventJournal;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Announces NICs several times, as one frame may be lost or a port of a switch not forward yet:
 * spaced as QEMU does by itself (migration parameters announce-initial 50, announce-step 100,
 * announce-rounds 5). A NIC that is announced anew begins from the start.
 */
final class Announcements implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Announcements.class);
    private static final long INITIAL_MS = 50;
    private static final long STEP_MS = 100;
    private static final int ROUNDS = 5;
    private final Attachments attachments;
    private final EventJournal journal;
    private final Map<AttachedNic, Future<?>> nextByNic = new ConcurrentHashMap<>();
    private final ScheduledThreadPoolExecutor timer =
            new ScheduledThreadPoolExecutor(
                    1, Thread.ofPlatform().daemon().name("announcements").factory());

    Announcements(Attachments attachments, EventJournal journal) {
        this.attachments = attachments;
        this.journal = journal;
        timer.setRemoveOnCancelPolicy(true);
    }

    /** The first time now; throws where that fails. */
    void begin(AttachedNic nic) {
        String words = nic.announce();
        journal.record("Announced", nic.name(), words);
        schedule(nic, 1);
    }

    private void schedule(AttachedNic nic, int round) {
        long delayMs = INITIAL_MS + (round - 1) * STEP_MS;
        Future<?> before =
                round < ROUNDS
                        ? nextByNic.put(
                                nic,
                                timer.schedule(
                                        () -> again(nic, round), delayMs, TimeUnit.MILLISECONDS))
                        : nextByNic.remove(nic);
        if (before != null) {
            before.cancel(false);
        }
    }

    private void again(AttachedNic nic, int round) {
        try {
            if (attachments.has(nic)) {
                nic.announce();
                schedule(nic, round + 1);
                return;
            }
        } catch (RuntimeException e) {
            LOG.debug("not announced again: nic={}", nic.name(), e);
        }
        nextByNic.remove(nic);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
