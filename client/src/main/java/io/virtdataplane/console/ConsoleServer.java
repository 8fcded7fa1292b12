package io.virtdataplane.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The HTTP server of the console, on a loopback address. */
public final class ConsoleServer implements AutoCloseable {
    private static final int LONGEST_BODY = 256 << 10;
    private static final int LONGEST_PASSED_OVER = 8 << 20;
    private static final int OK = 200;
    private static final Map<String, String> HEADERS =
            Map.of(
                    "Content-Security-Policy",
                    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
                    "X-Content-Type-Options",
                    "nosniff",
                    "Referrer-Policy",
                    "no-referrer",
                    "Cross-Origin-Opener-Policy",
                    "same-origin",
                    "Cross-Origin-Resource-Policy",
                    "same-origin",
                    "Cache-Control",
                    "no-store");

    private final ObjectMapper json = new ObjectMapper();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final HttpServer server;
    private final Gate gate;
    private final Api api;

    /**
     * Listens.
     *
     * @throws IllegalArgumentException where the address is not loopback
     */
    public ConsoleServer(InetSocketAddress listen, Api api) throws IOException {
        if (listen.isUnresolved() || !listen.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException(
                    "listen must be a loopback address, as whoever reaches the console could change networks: listen="
                            + listen.getHostString());
        }
        server = HttpServer.create(listen, 0);
        gate = new Gate(server.getAddress().getPort());
        this.api = api;
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    /** The address for the browser, with the token. */
    public String address() {
        InetSocketAddress at = server.getAddress();
        String host = at.getAddress().getHostAddress();
        return "http://"
                + (host.contains(":") ? "[::1]" : "127.0.0.1")
                + ":"
                + at.getPort()
                + "/#token="
                + gate.token();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            HEADERS.forEach(exchange.getResponseHeaders()::set);
            try {
                route(exchange);
            } catch (StatusRuntimeException e) {
                refuse(exchange, Refusal.of(e));
            } catch (Refusal e) {
                refuse(exchange, e);
            } catch (IllegalArgumentException e) {
                refuse(exchange, new Refusal(Refusal.WRONG_FIELD, e.getMessage()));
            }
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        String method = exchange.getRequestMethod();
        Headers headers = exchange.getRequestHeaders();
        gate.checkOrigin(method, headers);
        String path = exchange.getRequestURI().getPath();
        Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
        if (!path.startsWith("/api/")) {
            sendAsset(exchange, method, path); // the same for everybody
            return;
        }
        gate.checkToken(headers);
        if (method.equals("GET") && path.equals("/api/traces")) {
            stream(exchange, query);
        } else {
            JsonNode body = method.equals("POST") ? body(exchange) : null;
            send(exchange, OK, api.answer(method + " " + path, query, body));
        }
    }

    private static void sendAsset(HttpExchange exchange, String method, String path)
            throws IOException {
        if (!method.equals("GET")) {
            throw new Refusal(Refusal.NO_SUCH_METHOD, "Files of the pages can only be read.");
        }
        Assets.Asset asset =
                Assets.read(path)
                        .orElseThrow(() -> new Refusal(Refusal.NOT_FOUND, "No such page."));
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", asset.type());
        if (asset.type().startsWith("font/") || path.equals("/patternfly.css")) {
            headers.set("Cache-Control", "private, max-age=3600");
        }
        exchange.sendResponseHeaders(OK, asset.content().length);
        exchange.getResponseBody().write(asset.content());
    }

    private JsonNode body(HttpExchange exchange) throws IOException {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        if (type == null || !type.equals("application/json")) {
            throw new Refusal(Refusal.NOT_JSON, "Content-Type must be application/json.");
        }
        byte[] bytes = exchange.getRequestBody().readNBytes(LONGEST_BODY + 1);
        if (bytes.length > LONGEST_BODY) {
            // Otherwise the answer would be lost with a reset connection.
            exchange.getRequestBody().skip(LONGEST_PASSED_OVER);
            throw new Refusal(
                    Refusal.TOO_LARGE, "A request must have at most " + LONGEST_BODY + " bytes.");
        }
        try {
            JsonNode body = json.readTree(bytes);
            if (body.isObject()) {
                return body;
            }
        } catch (JsonProcessingException e) {
            throw new Refusal(Refusal.BAD_REQUEST, "The request is not JSON.");
        }
        throw new Refusal(Refusal.BAD_REQUEST, "The request is not a JSON object.");
    }

    /** Server-sent events: one for each frame's way. */
    private void stream(HttpExchange exchange, Map<String, String> query) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(OK, 0);
        var out = exchange.getResponseBody();
        out.write(": open\n\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
        api.traces(
                query,
                event -> {
                    out.write(("data: " + event + "\n\n").getBytes(StandardCharsets.UTF_8));
                    out.flush();
                });
    }

    private void refuse(HttpExchange exchange, Refusal refusal) throws IOException {
        if (exchange.getResponseCode() != -1) {
            return; // a stream that has begun: its end says it
        }
        if (!exchange.getRequestURI().getPath().startsWith("/api/")) {
            byte[] words = refusal.getMessage().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.sendResponseHeaders(refusal.code(), words.length);
            exchange.getResponseBody().write(words);
            return;
        }
        send(
                exchange,
                refusal.code(),
                JsonNodeFactory.instance
                        .objectNode()
                        .put("message", refusal.getMessage())
                        .put("field", refusal.field()));
    }

    private void send(HttpExchange exchange, int code, JsonNode answer) throws IOException {
        byte[] bytes = json.writeValueAsBytes(answer);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> query = new HashMap<>();
        for (String pair : raw == null ? new String[0] : raw.split("&", -1)) {
            String[] parts = pair.split("=", 2);
            query.put(
                    parts[0],
                    parts.length == 1 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return query;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
