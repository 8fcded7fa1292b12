package io.virtdataplane.daemon.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.virtdataplane.daemon.kube.ClusterKind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A watch that breaks takes nothing away: only a complete list does. The API server here says what
 * a real one says only in bad moments.
 */
@Timeout(60)
class WatchesFaultTest {
    private static final String MACHINE =
            """
            {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine",
             "metadata": {"name": "%s", "namespace": "ns", "uid": "%1$s", "resourceVersion": "1"}, "spec": {}}""";
    private static final String LIST =
            "{\"apiVersion\": \"kubevirt.io/v1\", \"kind\": \"VirtualMachineList\", \"metadata\": {\"resourceVersion\": \"10\"}, \"items\": [%s]}";
    private static final String HALF =
            "{\"type\": \"MODIFIED\", \"object\": {\"apiVersion\": \"kubev";
    private static final String GONE =
            "{\"type\": \"ERROR\", \"object\": {\"kind\": \"Status\", \"apiVersion\": \"v1\", \"status\": \"Failure\", \"reason\": \"Expired\", \"code\": 410}}\n";
    private final Queue<Answer> lists = new ConcurrentLinkedQueue<>();
    private final AtomicInteger watches = new AtomicInteger();
    private final AtomicInteger gone = new AtomicInteger();
    private final Queue<Integer> known = new ConcurrentLinkedQueue<>();
    private final Machines machines = new Machines();
    private HttpServer server;

    private record Answer(int code, String body) {}

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean isWatch =
                    String.valueOf(exchange.getRequestURI().getQuery()).contains("watch=true");
            if ("websocket".equals(exchange.getRequestHeaders().getFirst("Upgrade"))) {
                exchange.sendResponseHeaders(
                        200, -1); // no WebSocket: then it watches by plain HTTP
            } else if (isWatch) {
                watch(exchange);
            } else {
                known.add(machines.all().size());
                boolean isEarly = known.size() > 1 && gone.get() == 0;
                Answer answer =
                        isEarly
                                ? list("a", "b") // after half an event it may list, or watch again
                                : lists.size() > 1 ? lists.remove() : lists.element();
                send(exchange, answer.code(), answer.body());
            }
        }
    }

    private void watch(HttpExchange exchange) throws IOException {
        if (watches.getAndIncrement() == 0) {
            send(exchange, 200, HALF);
        } else if (lists.size() > 1) {
            gone.incrementAndGet();
            send(exchange, 200, GONE);
        } else {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().flush();
            sleep(); // quiet from now on
        }
    }

    private static void sleep() {
        try {
            Thread.sleep(30_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void send(HttpExchange exchange, int code, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static Answer list(String... names) {
        List<String> items = List.of(names).stream().map(MACHINE::formatted).toList();
        return new Answer(200, LIST.formatted(String.join(",", items)));
    }

    private KubernetesClient client() {
        Config config =
                new ConfigBuilder(Config.empty())
                        .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                        .withRequestRetryBackoffLimit(0)
                        .withWatchReconnectInterval(50)
                        .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    @Test
    void listIsReadOnceTheHandlerHasSeenAllOfIt() throws InterruptedException {
        lists.add(list("a", "b"));
        CountDownLatch isAdding = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        Machines slow = new Machines();
        ResourceEventHandler<GenericKubernetesResource> handler =
                new ResourceEventHandler<>() {
                    @Override
                    public void onAdd(GenericKubernetesResource object) {
                        isAdding.countDown();
                        await(mayGoOn);
                        slow.onAdd(object);
                    }

                    @Override
                    public void onUpdate(
                            GenericKubernetesResource old, GenericKubernetesResource object) {
                        slow.onUpdate(old, object);
                    }

                    @Override
                    public void onDelete(GenericKubernetesResource object, boolean isUnknown) {
                        slow.onDelete(object, isUnknown);
                    }
                };
        try (KubernetesClient client = client();
                Watches all = new Watches(client)) {
            all.follow(ClusterKind.VIRTUAL_MACHINE, handler);
            await(isAdding); // the informer has its list
            assertThat(all.unread()).isEqualTo("VirtualMachine");
            mayGoOn.countDown();
            while (!all.unread().isEmpty()) {
                Thread.sleep(20);
            }
            assertThat(slow.all()).hasSize(2);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void onlyACompleteListTakesMachinesAway() throws InterruptedException {
        lists.add(list("a", "b"));
        lists.add(new Answer(500, "{}"));
        lists.add(new Answer(200, LIST.formatted(MACHINE.formatted("b")).substring(0, 150)));
        lists.add(list("b"));
        try (KubernetesClient client = client();
                Watches all = new Watches(client)) {
            all.follow(ClusterKind.VIRTUAL_MACHINE, machines);
            while (!machines.all().stream().map(Machine::name).toList().equals(List.of("b"))) {
                Thread.sleep(20);
            }
            assertThat(all.unread()).isEmpty();
        }
        assertThat(gone.get()).as("410 was said").isPositive();
        assertThat(known.poll()).isZero();
        assertThat(known)
                .as("machines known as each other list began")
                .hasSizeGreaterThanOrEqualTo(3)
                .containsOnly(2);
    }
}
