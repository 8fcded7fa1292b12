package io.virtdataplane.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Headers;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GateTest {
    private static final int PORT = 8090;
    private final Sessions sessions = new Sessions(System::nanoTime, Duration.ofHours(1));
    private final Gate gate = Gate.ofLoopback(PORT, sessions);
    private final String token = sessions.open();

    private static Headers headers(String... pairs) {
        Headers headers = new Headers();
        for (int i = 0; i < pairs.length; i += 2) {
            headers.add(pairs[i], pairs[i + 1]);
        }
        return headers;
    }

    private static int code(Runnable check) {
        try {
            check.run();
            return 0;
        } catch (Refusal e) {
            return e.code();
        }
    }

    @Test
    void theTokenLetsInAndNothingElse() {
        gate.checkToken(headers("Authorization", "Bearer " + token));
        for (String wrong : new String[] {"", "Bearer", "Bearer ", "Bearer x", token}) {
            assertThat(code(() -> gate.checkToken(headers("Authorization", wrong)))).isEqualTo(401);
        }
        assertThat(code(() -> gate.checkToken(headers()))).isEqualTo(401);
        String cookie = "token=" + token;
        assertThat(code(() -> gate.checkToken(headers("Cookie", cookie)))).isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:8090", "localhost:8090", "[::1]:8090"})
    void ownHostsAreAnswered(String host) {
        gate.checkOrigin("GET", headers("Host", host));
        gate.checkOrigin("POST", headers("Host", host, "Origin", "http://" + host));
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example:8090", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8090.x"})
    void forgedHostsAreRefused(String host) {
        assertThat(code(() -> gate.checkOrigin("GET", headers("Host", host)))).isEqualTo(421);
    }

    @Test
    void twoHostsOrNoneAreRefused() {
        assertThat(code(() -> gate.checkOrigin("GET", headers()))).isEqualTo(421);
        Headers two = headers("Host", "127.0.0.1:8090", "Host", "127.0.0.1:8090");
        assertThat(code(() -> gate.checkOrigin("GET", two))).isEqualTo(421);
    }

    @ParameterizedTest
    @CsvSource({
        "POST, http://evil.example",
        "POST, http://127.0.0.1:8091",
        "POST, https://127.0.0.1:8090",
        "POST, http://localhost:8090",
        "POST, null",
        "GET, http://evil.example",
        "DELETE, http://evil.example"
    })
    void foreignOriginsAreRefused(String method, String origin) {
        Headers headers = headers("Host", "127.0.0.1:8090", "Origin", origin);
        assertThat(code(() -> gate.checkOrigin(method, headers))).isEqualTo(403);
    }

    @Test
    void changesNeedAnOriginAndTheSameSite() {
        assertThat(code(() -> gate.checkOrigin("POST", headers("Host", "127.0.0.1:8090"))))
                .isEqualTo(403);
        Headers other =
                headers(
                        "Host",
                        "127.0.0.1:8090",
                        "Origin",
                        "http://127.0.0.1:8090",
                        "Sec-Fetch-Site",
                        "cross-site");
        assertThat(code(() -> gate.checkOrigin("POST", other))).isEqualTo(403);
    }
}
