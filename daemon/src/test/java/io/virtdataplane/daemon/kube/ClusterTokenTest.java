package io.virtdataplane.daemon.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A token that the kubelet has made anew in its file, while the client holds the one before. */
@Timeout(60)
class ClusterTokenTest {
    private static final String LIST =
            """
            {"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": []}
            """;

    @TempDir Path directory;
    private HttpServer server;
    private volatile String valid = "first";
    private volatile int refused;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/",
                exchange -> {
                    String token = exchange.getRequestHeaders().getFirst("Authorization");
                    boolean isValid = ("Bearer " + valid).equals(token);
                    refused += isValid ? 0 : 1;
                    byte[] body = (isValid ? LIST : "{}").getBytes(StandardCharsets.UTF_8);
                    exchange.getResponseHeaders().set("Content-Type", "application/json");
                    exchange.sendResponseHeaders(isValid ? 200 : 401, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private Path kubeconfig(Path token) throws IOException {
        return Files.writeString(
                directory.resolve("kubeconfig"),
                """
                apiVersion: v1
                kind: Config
                current-context: only
                clusters: [{name: only, cluster: {server: "http://127.0.0.1:%d"}}]
                contexts: [{name: only, context: {cluster: only, user: only}}]
                users: [{name: only, user: {tokenFile: %s}}]
                """
                        .formatted(server.getAddress().getPort(), token));
    }

    @Test
    void aTokenMadeAnewInItsFileIsTaken() throws Exception {
        Path token = Files.writeString(directory.resolve("token"), "first");
        try (KubernetesClient client = ClusterClient.open(kubeconfig(token))) {
            assertThat(client.configMaps().inNamespace("default").list().getItems()).isEmpty();
            assertThat(refused).isZero();
            valid = "second";
            Files.writeString(token, "second");
            while (!isAnswered(client)) { // the client reads the file once a second at most
                Thread.sleep(100);
            }
            int before = refused;
            assertThat(isAnswered(client)).isTrue();
            assertThat(refused).as("the first one is not tried again").isEqualTo(before);
        }
    }

    private static boolean isAnswered(KubernetesClient client) {
        try {
            return client.configMaps().inNamespace("default").list().getItems().isEmpty();
        } catch (KubernetesClientException e) {
            return false;
        }
    }
}
