package io.virtdataplane.daemon.controller;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Reads the bodies of requests: each bounded in length and in time, all that are held in bytes. A
 * sender counts by what it has sent, so that those who send nothing keep nobody out.
 */
final class Bodies implements AutoCloseable {
    private static final int CHUNK = 16 << 10;
    private final int longest;
    private final Semaphore room;
    private final Duration deadline;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("bodies").factory());

    /**
     * @param longest bytes of one body
     * @param most bytes of all bodies that are held
     * @param deadline for a body to arrive; then its connection is closed
     */
    Bodies(int longest, int most, Duration deadline) {
        this.longest = longest;
        this.room = new Semaphore(most);
        this.deadline = deadline;
    }

    /** A body is not taken, for a reason that its sender is told. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;
        private final int code;

        private RefusedException(int code, String message) {
            super(message);
            this.code = code;
        }

        /** Of HTTP. */
        int code() {
            return code;
        }
    }

    /** A body, held until it is closed. */
    final class Body implements AutoCloseable {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        byte[] bytes() {
            return bytes.toByteArray();
        }

        private void fill(InputStream in) throws IOException, RefusedException {
            byte[] chunk = new byte[CHUNK];
            for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                if (bytes.size() + length > longest) {
                    throw new RefusedException(
                            HttpURLConnection.HTTP_ENTITY_TOO_LARGE,
                            "body must be at most " + (longest >> 20) + " MiB");
                }
                if (!room.tryAcquire(length)) {
                    throw new RefusedException(
                            HttpURLConnection.HTTP_UNAVAILABLE,
                            "too many requests at once, try again");
                }
                bytes.write(chunk, 0, length);
            }
        }

        @Override
        public void close() {
            room.release(bytes.size());
        }
    }

    /**
     * Reads the request's body to its end.
     *
     * @throws IOException the connection broke, or the body did not arrive in time
     */
    Body read(HttpExchange exchange) throws IOException, RefusedException {
        Body body = new Body();
        Future<?> end = timer.schedule(exchange::close, deadline.toMillis(), TimeUnit.MILLISECONDS);
        try {
            body.fill(exchange.getRequestBody());
            return body;
        } catch (IOException | RefusedException | RuntimeException e) {
            body.close();
            throw e;
        } finally {
            end.cancel(false);
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
