package io.virtdataplane.daemon.controller;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which of the controllers leads: does what is to be done once. It is no matter of safety, as two
 * that lead for a moment do each other no harm; it spares work.
 */
final class Leadership implements AutoCloseable {
    /** Of the Lease. */
    static final String LEASE = "virt-dataplane-controller";

    private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);
    private static final Duration LEASE_DURATION = Duration.ofSeconds(15);
    private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
    private static final Duration RETRY_PERIOD = Duration.ofSeconds(2);
    private static final int END_SECONDS = 5;
    private final KubernetesClient client;
    private final LeaderElectionConfig config;
    private final Thread thread;
    private volatile CompletableFuture<?> election;
    private volatile boolean isLeader;
    private volatile boolean isClosed;

    /**
     * Takes part from now on.
     *
     * @param identity of this controller, as no other has it
     */
    Leadership(KubernetesClient client, String namespace, String identity) {
        this.client = client;
        this.config =
                new LeaderElectionConfigBuilder()
                        .withName(LEASE)
                        .withLock(new LeaseLock(namespace, LEASE, identity))
                        .withLeaseDuration(LEASE_DURATION)
                        .withRenewDeadline(RENEW_DEADLINE)
                        .withRetryPeriod(RETRY_PERIOD)
                        .withReleaseOnCancel(true)
                        .withLeaderCallbacks(
                                new LeaderCallbacks(
                                        () -> lead(true),
                                        () -> lead(false),
                                        leader -> LOG.info("leader: {}", leader)))
                        .build();
        this.thread = Thread.ofPlatform().daemon().name("leader-election").start(this::run);
    }

    private void lead(boolean leads) {
        isLeader = leads;
        LOG.info(leads ? "leads" : "leads no more");
    }

    boolean isLeader() {
        return isLeader;
    }

    /** An election ends when the lease was lost; then the next one begins. */
    private void run() {
        while (!isClosed) {
            try {
                election = client.leaderElector().withConfig(config).build().start();
                election.join();
            } catch (RuntimeException e) {
                if (!isClosed) {
                    LOG.warn("election ended, the next begins: {}", e.toString());
                }
            }
            isLeader = false;
            pause();
        }
    }

    private void pause() {
        try {
            if (!isClosed) {
                Thread.sleep(RETRY_PERIOD);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Gives the lease back, so that another need not wait for its end. */
    @Override
    public void close() {
        isClosed = true;
        CompletableFuture<?> running = election;
        if (running != null) {
            running.cancel(true);
            try {
                running.get(END_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (TimeoutException
                    | RuntimeException
                    | java.util.concurrent.ExecutionException e) {
                LOG.debug("election ended", e);
            }
        }
        thread.interrupt();
    }
}
