package io.virtdataplane.daemon.node;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.virtdataplane.daemon.journal.EventJournal;
import io.virtdataplane.daemon.service.ServiceMap.HealthCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells load balancers whether this node serves a Service under the policy Local: at its
 * healthCheckNodePort, 200 where it has an endpoint here and else 503, with kube-proxy's words. A
 * port is open only while a Service has it.
 */
final class HealthChecks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HealthChecks.class);
    private static final int OK = 200;
    private static final int UNAVAILABLE = 503;
    private static final int WAITING = 16;
    private final EventJournal journal;
    private final BooleanSupplier isHealthy;
    private final Map<Integer, Server> servers = new HashMap<>();
    private final Set<Integer> refused = new HashSet<>();

    private record Server(HttpServer http, AtomicReference<HealthCheck> check) {}

    /**
     * @param isHealthy Services are reached by this node
     */
    HealthChecks(EventJournal journal, BooleanSupplier isHealthy) {
        this.journal = journal;
        this.isHealthy = isHealthy;
    }

    void serve(List<HealthCheck> checks) {
        Map<Integer, HealthCheck> wanted =
                checks.stream().collect(Collectors.toMap(HealthCheck::nodePort, each -> each));
        servers.entrySet()
                .removeIf(
                        each -> {
                            boolean ends = !wanted.containsKey(each.getKey());
                            if (ends) {
                                each.getValue().http().stop(0);
                            }
                            return ends;
                        });
        wanted.forEach(
                (port, check) -> {
                    Server server = servers.get(port);
                    if (server == null) {
                        open(check);
                    } else {
                        server.check().set(check);
                    }
                });
    }

    private void open(HealthCheck check) {
        AtomicReference<HealthCheck> current = new AtomicReference<>(check);
        try {
            HttpServer http = HttpServer.create(new InetSocketAddress(check.nodePort()), WAITING);
            // A client that is slow holds up itself alone.
            http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            http.createContext("/", exchange -> answer(exchange, current.get()));
            http.start();
            servers.put(check.nodePort(), new Server(http, current));
            refused.remove(check.nodePort());
        } catch (IOException e) {
            if (!refused.add(check.nodePort())) {
                return; // told before; it is tried again
            }
            String words = "healthCheckNodePort=" + check.nodePort() + " reason=" + e.getMessage();
            LOG.warn("health check not served: service={} {}", check.service(), words);
            journal.record("HealthCheckFailed", check.service(), words);
        }
    }

    private void answer(HttpExchange exchange, HealthCheck check) throws IOException {
        boolean serves = isHealthy.getAsBoolean();
        String[] name = check.service().split("/", 2);
        byte[] body =
                """
                {"service":{"namespace":"%s","name":"%s"},"localEndpoints":%d,"serviceProxyHealthy":%b}
                """
                        .formatted(name[0], name[1], check.localEndpoints(), serves)
                        .getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
            exchange.sendResponseHeaders(
                    serves && check.localEndpoints() > 0 ? OK : UNAVAILABLE, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        servers.values().forEach(each -> each.http().stop(0));
        servers.clear();
    }
}
