package io.virtdataplane.daemon.controller;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
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

    private static final int MOST_AT_ONCE = 16; // bounds the memory for bodies
    private static final int BACKLOG = 128;
    private static final int END_SECONDS = 5;
    private static final int NOT_ALLOWED = 405;
    private final HttpsServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore room = new Semaphore(MOST_AT_ONCE, true);
    private final BooleanSupplier isReady;

    /**
     * Listens from now on.
     *
     * @param isReady until it is, questions are answered with 503
     * @throws IllegalArgumentException the address is not free
     */
    WebhookServer(
            InetSocketAddress address,
            SSLContext tls,
            MachineAdmission machines,
            BooleanSupplier isReady) {
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

    private void answer(HttpExchange exchange, Function<Admission.Question, Admission.Answer> work)
            throws IOException {
        room.acquireUninterruptibly();
        try (exchange) {
            if (!exchange.getRequestMethod().equals("POST")) {
                say(exchange, NOT_ALLOWED, "only POST");
            } else if (!isReady.getAsBoolean()) {
                say(exchange, HttpURLConnection.HTTP_UNAVAILABLE, "not all machines are read yet");
            } else {
                answerBody(exchange, work);
            }
        } finally {
            room.release();
        }
    }

    private static void answerBody(
            HttpExchange exchange, Function<Admission.Question, Admission.Answer> work)
            throws IOException {
        byte[] body;
        try (InputStream in = exchange.getRequestBody()) {
            body = in.readNBytes(LONGEST_BODY + 1);
        }
        if (body.length > LONGEST_BODY) {
            say(exchange, HttpURLConnection.HTTP_ENTITY_TOO_LARGE, "body must be at most 8 MiB");
            return;
        }
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
        threads.shutdownNow();
    }
}
