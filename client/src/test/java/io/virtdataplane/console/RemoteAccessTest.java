package io.virtdataplane.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.api.Client;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The console over TLS on all addresses, by a client that checks the certificate. */
class RemoteAccessTest {
    private static final String NAMES = "dns:localhost,dns:*.example.com,ip:127.0.0.1,ip:::1";
    @TempDir private Path directory;
    private ServingPem files;
    private Client daemon;
    private ConsoleServer server;
    private HttpClient client;
    private String site;

    @BeforeEach
    void start() throws IOException, GeneralSecurityException {
        files = new ServingPem(directory, NAMES);
        daemon = new Client(directory.resolve("none"));
        server =
                new ConsoleServer(
                        new InetSocketAddress("0.0.0.0", 0),
                        Optional.of(files.access()),
                        new Api(
                                daemon,
                                (words, nic) -> {
                                    throw new IllegalArgumentException(words);
                                }));
        client = HttpClient.newBuilder().sslContext(files.client()).build();
        site = server.address().replaceFirst("/$", "");
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        daemon.close();
    }

    private HttpResponse<String> ask(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(site + path));
    }

    private HttpRequest.Builder post(String path, String body) {
        return to(path).header("Origin", site)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private HttpRequest.Builder login(String password) {
        return post("/api/login", "{\"password\":\"" + password + "\"}");
    }

    @Test
    void thePasswordGivesATokenUntilLogout() throws IOException, InterruptedException {
        assertThat(site).startsWith("https://localhost:").doesNotContain("token");
        assertThat(ask(to("/")).statusCode()).isEqualTo(200);
        assertThat(ask(to("/api/none")).body()).contains("Log in with the password");
        HttpResponse<String> in = ask(login(ServingPem.PASSWORD));
        assertThat(in.statusCode()).isEqualTo(200);
        assertThat(in.headers().map()).doesNotContainKey("set-cookie");
        String bearer = "Bearer " + in.body().replaceFirst(".*\"token\":\"([\\w-]{43})\".*", "$1");
        assertThat(ask(to("/api/none").header("Authorization", bearer)).statusCode())
                .as("in, but there is no such call")
                .isEqualTo(404);
        assertThat(ask(to("/api/none").header("Cookie", "token=" + bearer)).statusCode())
                .isEqualTo(401);
        assertThat(ask(post("/api/logout", "{}").header("Authorization", bearer)).statusCode())
                .isEqualTo(200);
        assertThat(ask(to("/api/none").header("Authorization", bearer)).statusCode())
                .isEqualTo(401);
    }

    @Test
    void wrongPasswordsAreLimitedAndForeignPagesCannotTryThem()
            throws IOException, InterruptedException {
        HttpRequest.Builder foreign = login(ServingPem.PASSWORD);
        assertThat(ask(foreign.setHeader("Origin", "https://evil.example")).statusCode())
                .isEqualTo(403);
        assertThat(ask(login(ServingPem.PASSWORD).setHeader("Origin", site + "0")).statusCode())
                .isEqualTo(403);
        for (int i = 0; i < LoginLimit.OF_A_PEER; i++) {
            assertThat(ask(login("wrong")).body()).contains("The password is wrong");
        }
        HttpResponse<String> limited = ask(login(ServingPem.PASSWORD));
        assertThat(limited.statusCode()).isEqualTo(429);
        assertThat(limited.body()).containsPattern("wait \\d+ seconds");
        assertThat(ask(login("a".repeat(5000))).statusCode()).isEqualTo(413);
    }

    @ParameterizedTest
    @CsvSource({
        "localhost, true",
        "LOCALHOST:8443, true",
        "node1.example.com:1, true",
        "127.0.0.1:8443, true",
        "[::1]:8443, true",
        "[0:0:0:0:0:0:0:1], true",
        "example.com, false",
        "a.b.example.com, false",
        "evil.example, false",
        "127.0.0.2, false",
        "[::2], false",
        "[localhost], false",
        "'', false"
    })
    void onlyHostsOfTheCertificateAreAnswered(String host, boolean isOwn) {
        try (RemoteAccess access = files.access()) {
            assertThat(access.certificate().isFor(host)).isEqualTo(isOwn);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw----r--", "rw-----w-", "rw-rw-rw-"})
    void filesThatOthersMayReadAreRefused(String permissions) throws IOException {
        ServingPem.allow(files.password, permissions);
        assertThatThrownBy(files::access)
                .hasMessageStartingWith("password-file must not be readable or writable by others");
        ServingPem.allow(files.password, "rw-------");
        ServingPem.allow(files.key, permissions);
        assertThatThrownBy(files::access)
                .hasMessageStartingWith("tls-key must not be readable or writable by others");
    }

    @Test
    void filesThatAreNotWhatTheyAreToBeAreRefused() throws IOException {
        Files.writeString(files.password, "short\n");
        assertThatThrownBy(files::access)
                .hasMessageStartingWith("password-file must have a password of at least 12");
        Files.write(files.password, new byte[] {(byte) 0xff});
        assertThatThrownBy(files::access)
                .hasMessageStartingWith("password-file must be text in UTF-8");
        Files.delete(files.password);
        assertThatThrownBy(files::access).hasMessageStartingWith("password-file must be a file");
        Files.writeString(files.password, ServingPem.PASSWORD);
        ServingPem.allow(files.password, "rw-------");
        Files.writeString(
                files.key, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----");
        assertThatThrownBy(files::access)
                .hasMessageStartingWith("tls-cert and tls-key must be a certificate and its key");
        assertThatThrownBy(new ServingPem(directory, "")::access)
                .hasMessageStartingWith("tls-cert must name its hosts");
    }
}
