package io.virtdataplane.daemon.controller;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * Tells the kubelet and Prometheus how the controller is: /healthz, /readyz and /metrics over HTTP.
 * What is wrong is the body of a 503.
 */
final class StatusServer implements AutoCloseable {
    private static final int BACKLOG = 16;
    private final HttpServer server;
    private final ExpositionFormats formats = ExpositionFormats.init();

    /**
     * @param illness empty while the controller works
     * @param unreadiness empty while it can answer the API server
     */
    StatusServer(
            InetSocketAddress address,
            Supplier<String> illness,
            Supplier<String> unreadiness,
            Supplier<MetricSnapshots> metrics) {
        try {
            server = HttpServer.create(address, BACKLOG);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "status-port must be free to listen on: status-port=" + address.getPort(), e);
        }
        server.createContext("/healthz", exchange -> tell(exchange, illness.get()));
        server.createContext("/readyz", exchange -> tell(exchange, unreadiness.get()));
        server.createContext("/metrics", exchange -> metrics(exchange, metrics.get()));
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private static void tell(HttpExchange exchange, String wrong) throws IOException {
        int code = wrong.isEmpty() ? HttpURLConnection.HTTP_OK : HttpURLConnection.HTTP_UNAVAILABLE;
        String words = (wrong.isEmpty() ? "ok" : wrong) + "\n";
        send(exchange, code, "text/plain", words.getBytes(StandardCharsets.UTF_8));
    }

    private void metrics(HttpExchange exchange, MetricSnapshots snapshots) throws IOException {
        ExpositionFormatWriter writer =
                formats.findWriter(exchange.getRequestHeaders().getFirst("Accept"));
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        writer.write(body, snapshots);
        send(exchange, HttpURLConnection.HTTP_OK, writer.getContentType(), body.toByteArray());
    }

    private static void send(HttpExchange exchange, int code, String type, byte[] body)
            throws IOException {
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", type);
            exchange.sendResponseHeaders(code, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
