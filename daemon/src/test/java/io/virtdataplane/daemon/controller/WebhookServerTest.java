package io.virtdataplane.daemon.controller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The webhook over TLS, in a namespace that the pool has nothing to do with. */
class WebhookServerTest {
    private static final String PASSWORD = "secret-of-test";
    private static byte[] authority;
    private static byte[] store;
    private final ServingKey key = new ServingKey();
    private final AtomicBoolean isReady = new AtomicBoolean(true);
    private long deadlineMs = 20_000;
    private WebhookServer server;

    @BeforeAll
    static void makeKeys() {
        authority = Keytool.authority("test", PASSWORD);
        store = Keytool.serving(authority, PASSWORD, List.of("localhost", "127.0.0.1"), 1);
    }

    private void serve() throws GeneralSecurityException {
        key.set(Keytool.open(store, PASSWORD), PASSWORD.toCharArray());
        MachineAdmission machines =
                new MachineAdmission(
                        null,
                        labels -> false,
                        namespace -> Map.of("virtdataplane.io/binding", "rewrite"));
        server =
                new WebhookServer(
                        new InetSocketAddress("127.0.0.1", 0),
                        key.context(),
                        machines,
                        Duration.ofMillis(deadlineMs),
                        isReady::get);
    }

    @AfterEach
    void close() {
        if (server != null) {
            server.close();
        }
    }

    private static HttpClient trusting(byte[] keys) throws GeneralSecurityException, IOException {
        return HttpClient.newBuilder().sslContext(context(keys)).build();
    }

    private static SSLContext context(byte[] keys) throws GeneralSecurityException, IOException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry(
                "ca", Keytool.open(keys, PASSWORD).getCertificate(Keytool.AUTHORITY));
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }

    /** Begins a question and says no more of its body than the first words. */
    private Socket stalled(String words) throws GeneralSecurityException, IOException {
        Socket socket =
                context(authority).getSocketFactory().createSocket("127.0.0.1", server.port());
        socket.getOutputStream()
                .write(
                        ("POST /mutate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000000\r\n\r\n"
                                        + words)
                                .getBytes(StandardCharsets.US_ASCII));
        socket.setSoTimeout(20_000);
        return socket;
    }

    private HttpResponse<String> postGood() throws Exception {
        return post(trusting(authority), "/mutate", AdmissionTest.REVIEW.formatted(""));
    }

    private HttpResponse<String> post(HttpClient client, String path, String body)
            throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + path))
                        .timeout(Duration.ofSeconds(20))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void machineIsRewrittenAndCheckedOverTls() throws Exception {
        serve();
        HttpClient client = trusting(authority);
        String good = AdmissionTest.REVIEW.formatted("{\"name\": \"default\", \"masquerade\": {}}");
        HttpResponse<String> mutated = post(client, "/mutate", good);
        assertThat(mutated.statusCode()).isEqualTo(200);
        assertThat(mutated.body())
                .contains("\"allowed\":true")
                .contains("\"patchType\":\"JSONPatch\"");
        HttpResponse<String> refused =
                post(
                        client,
                        "/validate",
                        good.replace("masquerade\": {}", "masquerade\": {}, \"model\": \"x\""));
        assertThat(refused.body())
                .contains("\"allowed\":false")
                .contains("\"code\":422")
                .contains(
                        "VirtualMachine ns/a: spec.template.spec.domain.devices.interfaces[0].model");
        String newer = good.replace("masquerade\": {}", "masquerade\": {}, \"newField\": 1");
        assertThat(post(client, "/validate", newer).body())
                .contains("\"allowed\":true")
                .contains("not checked by virt-dataplane")
                .contains("newField is not a known field");
        assertThat(post(client, "/mutate", good.replace("VirtualMachine\"", "Pod\"")).body())
                .contains("\"allowed\":true")
                .doesNotContain("patch");
    }

    @Test
    void whatIsNoQuestionIsAnsweredAndTheNextOneIs() throws Exception {
        serve();
        HttpClient client = trusting(authority);
        assertThat(post(client, "/mutate", "\0\1\2 garbage").statusCode()).isEqualTo(400);
        assertThat(post(client, "/mutate", "[".repeat(1 << 20)).statusCode()).isEqualTo(400);
        String large = AdmissionTest.REVIEW.formatted("").replace("admin", "x".repeat(1 << 20));
        assertThat(post(client, "/mutate", large).statusCode()).isEqualTo(200);
        assertThat(post(client, "/mutate", "x".repeat((8 << 20) + 1)).statusCode()).isEqualTo(413);
        assertThat(post(client, "/other", "{}").statusCode()).isEqualTo(404);
        HttpRequest get =
                HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/mutate"))
                        .build();
        assertThat(client.send(get, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(405);
        isReady.set(false);
        assertThat(post(client, "/mutate", AdmissionTest.REVIEW.formatted("")).statusCode())
                .isEqualTo(503);
    }

    @Test
    void thoseWhoStallKeepNobodyOut() throws Exception {
        serve();
        List<Socket> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 40; i++) {
                stalled.add(stalled("{"));
            }
            assertThat(postGood().statusCode()).isEqualTo(200);
        } finally {
            for (Socket each : stalled) {
                each.close();
            }
        }
    }

    @Test
    void bodyThatDoesNotArriveInTimeIsWaitedForNoLonger() throws Exception {
        deadlineMs = 200;
        serve();
        try (Socket stalled = stalled("{")) {
            assertThat(stalled.getInputStream().readAllBytes()).isEmpty();
        }
        assertThat(postGood().statusCode()).isEqualTo(200);
    }

    @Test
    void whatWasHeldOfBodiesIsGivenBack() throws Exception {
        deadlineMs = 1_000;
        serve();
        String most = "x".repeat(7_900_000);
        List<Socket> stalled = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            stalled.add(stalled(most)); // 63 MB of 64 MiB
        }
        for (Socket each : stalled) {
            assertThat(each.getInputStream().readAllBytes()).isEmpty();
            each.close();
        }
        HttpResponse<String> large = post(trusting(authority), "/mutate", " ".repeat(8 << 20));
        assertThat(large.statusCode()).isEqualTo(400);
    }

    @Test
    void controllerThatLeavesAnswersAndEndsTheConnection() throws Exception {
        serve();
        assertThat(postGood().headers().firstValue("Connection")).isEmpty();
        server.leave();
        HttpResponse<String> answer = postGood();
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Connection")).contains("close");
    }

    @Test
    void newServingKeyOfTheSameAuthorityIsTakenWhileItServes() throws Exception {
        serve();
        String before = serial(trusting(authority));
        byte[] renewed =
                Keytool.serving(
                        Keytool.withoutServing(store, PASSWORD), PASSWORD, List.of("localhost"), 1);
        key.set(Keytool.open(renewed, PASSWORD), PASSWORD.toCharArray());
        assertThat(serial(trusting(authority))).isNotEqualTo(before);
    }

    private String serial(HttpClient client) throws Exception {
        HttpResponse<String> answer = post(client, "/mutate", AdmissionTest.REVIEW.formatted(""));
        assertThat(answer.statusCode()).isEqualTo(200);
        return answer.sslSession().orElseThrow().getPeerCertificates()[0].toString();
    }

    @Test
    void whoTrustsAnotherAuthorityDoesNotSpeakToUs() throws Exception {
        serve();
        byte[] other = Keytool.authority("other", PASSWORD);
        assertThatThrownBy(() -> post(trusting(other), "/mutate", "{}"))
                .isInstanceOf(SSLHandshakeException.class);
    }
}
