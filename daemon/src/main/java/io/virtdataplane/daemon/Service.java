package io.virtdataplane.daemon;

import io.virtdataplane.sys.NotifySocket;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The daemon as a process: runs until SIGTERM or SIGINT, and tells systemd that it is well. */
final class Service {
    private static final Logger LOG = LoggerFactory.getLogger(Service.class);
    private static final int END_SECONDS = 10;
    private final NotifySocket systemd = NotifySocket.ofEnvironment();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);

    void run(Config config) throws IOException, InterruptedException {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(this::end));
        try (Daemon daemon = new Daemon(config)) {
            systemd.send("READY=1");
            watch(daemon);
            systemd.send("STOPPING=1");
        } finally {
            LOG.info("stopped");
            stopped.countDown();
        }
    }

    /** Tells systemd that we are alive for as long as every worker answers. */
    private void watch(Daemon daemon) throws InterruptedException {
        String microseconds = System.getenv("WATCHDOG_USEC");
        if (microseconds == null) {
            stop.await();
            return;
        }
        long interval = Long.parseLong(microseconds) / 2;
        while (!stop.await(interval, TimeUnit.MICROSECONDS)) {
            daemon.check();
            systemd.send("WATCHDOG=1");
        }
    }

    private void end() {
        stop.countDown();
        try {
            stopped.await(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
