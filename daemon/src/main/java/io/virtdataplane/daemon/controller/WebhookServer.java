package io.virtdataplane.daemon.controller;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers the API server over HTTPS: POST /mutate and POST /validate, with an AdmissionReview each.
 * The JDK's own server is enough for that: HTTP/1.1, one request at a time on a connection.
 */
final class WebhookServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookServer.class);

    /** The API server's own bound is 3 MiB an object, and an update brings two. */
    private static final int LONGEST_BODY = 8 << 20;

    private static final int ALL_BODIES = 8 * LONGEST_BODY;
    private static final int MOST_AT_ONCE = 16; // bounds the memory for what is read of bodies
    private static final int BACKLOG = 128;
    private static final int END_SECONDS = 5;
    private static final int NOT_ALLOWED = 405;
    private final HttpsServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore room = new Semaphore(MOST_AT_ONCE, true);
    private final Bodies bodies;
    private final BooleanSupplier isReady;
    private volatile boolean isLeaving;

    /**
     * Listens from now on.
     *
     * @param deadline for a request's body to arrive
     * @param isReady until it is, questions are answered with 503
     * @throws IllegalArgumentException the address is not free
     */
    WebhookServer(
            InetSocketAddress address,
            SSLContext tls,
            MachineAdmission machines,
            Duration deadline,
            BooleanSupplier isReady) {
        this.bodies = new Bodies(LONGEST_BODY, ALL_BODIES, deadline);
        this.isReady = isReady;
        try {
            server = HttpsServer.create(address, BACKLOG);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "webhook-port must be free to listen on: webhook-port=" + address.getPort(), e);
        }
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        server.setExecutor(threads);
        server.createContext("/mutate", exchange -> answer(exchange, machines::mutate));
        server.createContext("/validate", exchange -> answer(exchange, machines::validate));
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Answers as before, and asks for the next question to be brought on a new connection. */
    void leave() {
        isLeaving = true;
    }

    private void answer(HttpExchange exchange, Function<Admission.Question, Admission.Answer> work)
            throws IOException {
        try (exchange) {
            if (isLeaving) {
                exchange.getResponseHeaders().set("Connection", "close");
            }
            if (!exchange.getRequestMethod().equals("POST")) {
                say(exchange, NOT_ALLOWED, "only POST");
            } else if (!isReady.getAsBoolean()) {
                say(exchange, HttpURLConnection.HTTP_UNAVAILABLE, "not all machines are read yet");
            } else {
                answerBody(exchange, work);
            }
        }
    }

    private void answerBody(
            HttpExchange exchange, Function<Admission.Question, Admission.Answer> work)
            throws IOException {
        try (Bodies.Body body = bodies.read(exchange)) {
            room.acquireUninterruptibly();
            try {
                answer(exchange, body.bytes(), work);
            } finally {
                room.release();
            }
        } catch (Bodies.RefusedException e) {
            say(exchange, e.code(), e.getMessage());
        }
    }

    private static void answer(
            HttpExchange exchange, byte[] body, Function<Admission.Question, Admission.Answer> work)
            throws IOException {
        Admission.Question question;
        try {
            question = Admission.read(body);
        } catch (IllegalArgumentException e) {
            say(exchange, HttpURLConnection.HTTP_BAD_REQUEST, e.getMessage());
            return;
        }
        byte[] answer;
        try {
            answer = Admission.write(question.uid(), work.apply(question));
        } catch (RuntimeException e) { // failurePolicy says what becomes of the object
            LOG.warn("not answered: operation={}", question.operation(), e);
            say(exchange, HttpURLConnection.HTTP_INTERNAL_ERROR, e.toString());
            return;
        }
        send(exchange, HttpURLConnection.HTTP_OK, "application/json", answer);
    }

    /** What was not answered may not have been read to its end, so that the connection ends too. */
    private static void say(HttpExchange exchange, int code, String words) throws IOException {
        exchange.getResponseHeaders().set("Connection", "close");
        send(exchange, code, "text/plain", (words + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int code, String type, byte[] body)
            throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(code, body.length);
        exchange.getResponseBody().write(body);
    }

    /** What is being answered is answered. */
    @Override
    public void close() {
        server.stop(END_SECONDS);
        bodies.close();
        threads.shutdownNow();
    }
}
