package io.virtdataplane.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/** The HTTP server of the console: on a loopback address, or elsewhere with TLS and a password. */
public final class ConsoleServer implements AutoCloseable {
    private static final int OK = 200;
    private static final long INTERVAL_MS = 2000;
    private static final int LONGEST_LOGIN = 4 << 10;
    private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);
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

    static {
        // The JDK's server reads these once. A request that does not come to its end, and
        // connections without number, would keep memory.
        System.setProperty("sun.net.httpserver.maxReqTime", "20");
        System.setProperty("jdk.httpserver.maxConnections", "512");
        // Otherwise the second part of an answer waits 40 ms for the other side's acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final ObjectMapper json = new ObjectMapper();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Optional<RemoteAccess> remote;
    private final HttpServer server;
    private final String address;
    private final Gate gate;
    private final Api api;
    private final Assets assets = new Assets();

    /**
     * Listens.
     *
     * @throws IllegalArgumentException where the address is not loopback, and remote is empty
     */
    public ConsoleServer(InetSocketAddress listen, Optional<RemoteAccess> remote, Api api)
            throws IOException {
        if (remote.isEmpty()
                && (listen.isUnresolved() || !listen.getAddress().isLoopbackAddress())) {
            throw new IllegalArgumentException(
                    "listen must be a loopback address unless tls-cert, tls-key and password-file are given, as whoever reaches the console could change networks: listen="
                            + listen.getHostString());
        }
        this.remote = remote;
        this.api = api;
        server = remote.isPresent() ? secured(listen, remote.get()) : HttpServer.create(listen, 0);
        int port = server.getAddress().getPort();
        if (remote.isPresent()) {
            gate = Gate.of(remote.get());
            address = "https://" + remote.get().certificate().host() + ":" + port + "/";
        } else {
            Sessions sessions = new Sessions(System::nanoTime, FOREVER);
            gate = Gate.ofLoopback(port, sessions);
            address = "http://" + loopback() + ":" + port + "/#token=" + sessions.open();
        }
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    private static HttpServer secured(InetSocketAddress listen, RemoteAccess remote)
            throws IOException {
        HttpsServer server = HttpsServer.create(listen, 0);
        server.setHttpsConfigurator(new HttpsConfigurator(remote.certificate().context()));
        return server;
    }

    private String loopback() {
        return server.getAddress().getAddress().getHostAddress().contains(":")
                ? "[::1]"
                : "127.0.0.1";
    }

    /** The address for the browser; on loopback with the token. */
    public String address() {
        return address;
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
            assets.send(exchange); // the same for everybody
            return;
        }
        if (remote.isPresent() && method.equals("POST") && path.equals("/api/login")) {
            login(exchange, remote.get().login());
            return;
        }
        gate.checkToken(headers);
        String call = method + " " + path;
        switch (call) {
            case "GET /api/traces" -> api.traces(query, EventStream.of(exchange)::send);
            case "POST /api/logout" -> {
                gate.end(headers);
                send(exchange, OK, JsonNodeFactory.instance.objectNode());
            }
            default -> {
                JsonNode body =
                        method.equals("POST")
                                ? RequestBody.read(exchange, RequestBody.LONGEST)
                                : null;
                JsonNode answer = api.answer(call, query, body);
                if (method.equals("GET") && EventStream.isWanted(headers)) {
                    push(exchange, () -> api.answer(call, query, null), answer);
                } else {
                    send(exchange, OK, answer);
                }
            }
        }
    }

    /** What a call answers, again and again, for as long as the page listens and may ask. */
    private void push(HttpExchange exchange, Supplier<JsonNode> call, JsonNode first)
            throws IOException {
        EventStream stream = EventStream.of(exchange);
        stream.send(first);
        try {
            while (true) {
                Thread.sleep(INTERVAL_MS);
                gate.checkToken(exchange.getRequestHeaders());
                stream.send(answerOrRefusal(call));
            }
        } catch (Refusal e) {
            stream.send(refused(e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the console ends
        }
    }

    private static JsonNode answerOrRefusal(Supplier<JsonNode> call) {
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            return refused(Refusal.of(e));
        } catch (Refusal e) {
            return refused(e);
        }
    }

    private static JsonNode refused(Refusal refusal) {
        return JsonNodeFactory.instance.objectNode().set("refused", refusal.toJson());
    }

    private void login(HttpExchange exchange, Login login) throws IOException {
        String password = RequestBody.read(exchange, LONGEST_LOGIN).path("password").asText();
        String token = login.open(exchange.getRemoteAddress().getAddress(), password);
        send(exchange, OK, JsonNodeFactory.instance.objectNode().put("token", token));
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
        send(exchange, refusal.code(), refusal.toJson());
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
        remote.ifPresent(RemoteAccess::close);
    }
}
