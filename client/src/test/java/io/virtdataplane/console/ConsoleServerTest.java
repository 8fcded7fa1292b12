package io.virtdataplane.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtdataplane.api.Client;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server by its socket, byte for byte, as no client library would send. No daemon answers. */
class ConsoleServerTest {
    @TempDir private Path directory;
    private Client client;
    private ConsoleServer server;
    private String host;
    private String token;

    @BeforeEach
    void start() throws IOException {
        client = new Client(directory.resolve("none"));
        server = server("127.0.0.1");
        URI address = URI.create(server.address());
        host = address.getAuthority();
        token = "Authorization: Bearer " + address.getFragment().replace("token=", "") + "\r\n";
    }

    @AfterEach
    void close() {
        server.close();
        client.close();
    }

    private ConsoleServer server(String address) throws IOException {
        return new ConsoleServer(
                new InetSocketAddress(address, 0),
                Optional.empty(),
                new Api(
                        client,
                        (words, nic) -> {
                            throw new IllegalArgumentException(words);
                        }));
    }

    private String ask(String line, String headers) throws IOException {
        return ask(line, headers, "");
    }

    private String ask(String line, String headers, String body) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", Integer.parseInt(host.split(":")[1]))) {
            OutputStream out = socket.getOutputStream();
            String own = headers.contains("Host: ") ? "" : "Host: " + host + "\r\n";
            String length = body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n";
            String head = line + " HTTP/1.1\r\n" + own + headers + length;
            out.write((head + "Connection: close\r\n\r\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
            try {
                out.write(body.getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (IOException refused) {
                // It need not read what it refuses.
            }
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private String post(String path, String body) throws IOException {
        String origin = "Origin: http://" + host + "\r\nContent-Type: application/json\r\n";
        return ask("POST " + path, token + origin, body);
    }

    @Test
    void pagesHaveAPolicyThatKeepsScriptsOfOthersOut() throws IOException {
        assertThat(ask("GET /", token))
                .startsWith("HTTP/1.1 200")
                .contains("Content-security-policy: default-src 'self'; ")
                .doesNotContain("unsafe-inline")
                .contains("X-content-type-options: nosniff")
                .contains("text/html; charset=utf-8")
                .doesNotContainPattern("<script>|style=|https?://")
                .doesNotContainPattern(" on[a-z]+=");
    }

    @Test
    void whatABrowserMayKeepIsInAFolderNamedByItsContent() throws IOException {
        String page = ask("GET /", token);
        assertThat(page).contains("Cache-control: no-store");
        String folder = page.replaceFirst("(?s).*href=\"(/[0-9a-f]{16})/patternfly.css\".*", "$1");
        String kept = "Cache-control: public, max-age=31536000, immutable";
        assertThat(ask("GET " + folder + "/patternfly.css", ""))
                .contains(kept, ".pf-v6-c-table")
                .doesNotContain("Content-encoding");
        assertThat(ask("GET " + folder + "/patternfly.css", "Accept-Encoding: br, gzip\r\n"))
                .contains(kept, "Content-encoding: gzip")
                .hasSizeLessThan(250_000);
        assertThat(ask("GET " + folder + "/patternfly.css", "Accept-Encoding: gzip;q=0\r\n"))
                .contains(".pf-v6-c-table");
        assertThat(ask("GET " + folder + "/assets/fonts/RedHatText/RedHatTextVF.woff2", ""))
                .contains("font/woff2");
        assertThat(ask("GET /0123456789abcdef/app.js", "")).startsWith("HTTP/1.1 404");
        assertThat(ask("GET " + folder + "/app.js.gz", "")).startsWith("HTTP/1.1 404");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/nics",
                "/api/version",
                "/api/traces?nic=vm",
                "/api/none",
                "/api/login"
            })
    void withoutTheTokenThereIsNothing(String path) throws IOException {
        for (String wrong :
                new String[] {"", token.replace("Bearer ", "Bearer x"), token + token}) {
            assertThat(ask("GET " + path, wrong))
                    .startsWith("HTTP/1.1 401")
                    .contains("Open the address that virt-dataplane console printed")
                    .doesNotContainIgnoringCase("set-cookie");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../Api.class",
                "/..%2fApi.class",
                "/%2e%2e/x.js",
                "/pages/../../x.js",
                "/pages//x.js",
                "/pages",
                "/.js",
                "/a%00.js",
                "/pages%5c..%5cx.js",
                "/META-INF/MANIFEST.MF",
                "//etc/passwd.js"
            })
    void onlyFilesOfThePagesAreRead(String path) throws IOException {
        assertThat(ask("GET " + path, token)).containsPattern("^HTTP/1.1 40[04]");
    }

    @Test
    void foreignPagesAndForgedHostsAreRefused() throws IOException {
        String json = "Content-Type: application/json\r\n";
        assertThat(ask("GET /api/nics", token + "Host: evil.example\r\n"))
                .startsWith("HTTP/1.1 421");
        String evil = token + json + "Origin: http://evil.example\r\n";
        assertThat(ask("POST /api/networks", evil, "{}")).startsWith("HTTP/1.1 403");
        assertThat(ask("POST /api/networks", token + json, "{}")).startsWith("HTTP/1.1 403");
        String form = token + "Origin: http://" + host + "\r\nContent-Type: text/plain\r\n";
        assertThat(ask("POST /api/networks", form, "{}")).startsWith("HTTP/1.1 415");
    }

    @Test
    void largeOrBrokenRequestsAreRefused() throws IOException {
        String large = "{\"name\":\"" + "a".repeat(1 << 20) + "\"}";
        assertThat(post("/api/networks/preview", large)).startsWith("HTTP/1.1 413");
        assertThat(post("/api/networks/preview", "{")).startsWith("HTTP/1.1 400");
        assertThat(post("/api/networks/preview", "[]")).startsWith("HTTP/1.1 400");
        assertThat(post("/api/networks/preview", "[".repeat(100_000))).startsWith("HTTP/1.1 400");
        String deep = "{\"name\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
        assertThat(post("/api/networks/preview", deep)).startsWith("HTTP/1.1 400");
        assertThat(ask("GET /api/events?page=0", token)).startsWith("HTTP/1.1 400");
        assertThat(ask("GET /api/events?page=%zz", token)).containsPattern("^HTTP/1.1 4");
        assertThat(ask("GET /api/none", token)).startsWith("HTTP/1.1 404");
    }

    @Test
    void refusalsNameTheFieldAndWhatOthersWroteIsJson() throws IOException {
        assertThat(post("/api/networks/preview", "{\"name\":\"<script>\"}"))
                .startsWith("HTTP/1.1 422")
                .contains("Content-type: application/json")
                .contains("\"field\":\"name\"")
                .doesNotContain("<script>");
    }

    @Test
    void anAbsentDaemonIsSaid() throws IOException {
        assertThat(ask("GET /api/nics", token))
                .startsWith("HTTP/1.1 503")
                .contains("The daemon does not answer.");
    }

    @Test
    void onlyLoopbackIsListenedOn() {
        assertThatThrownBy(() -> server("0.0.0.0"))
                .hasMessageStartingWith("listen must be a loopback address");
    }
}
