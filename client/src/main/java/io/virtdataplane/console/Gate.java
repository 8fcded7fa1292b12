package io.virtdataplane.console;

import com.sun.net.httpserver.Headers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/**
 * Who may ask. The token of the printed address is exchanged for a cookie. A request for another
 * host is refused (a foreign name that resolves to loopback), and one that another page makes.
 */
final class Gate {
    private static final int TOKEN_BYTES = 32;
    private static final Set<String> OWN_SITE = Set.of("same-origin", "none");

    private final String cookie;
    private final String token = random();
    private final String session = random();
    private final Set<String> hosts;

    Gate(int port) {
        // Browsers send a cookie to every port of a host: two consoles must not share one name.
        cookie = "virt-dataplane-console-" + port;
        hosts = Set.of("127.0.0.1:" + port, "localhost:" + port, "[::1]:" + port);
    }

    String token() {
        return token;
    }

    /** Set-Cookie for whoever has the token. */
    String setCookie(String given) {
        if (!same(token, given)) {
            throw new Refusal(Refusal.UNAUTHORIZED, NO_TOKEN);
        }
        return cookie + "=" + session + "; Path=/; HttpOnly; SameSite=Strict";
    }

    static final String NO_TOKEN =
            "Open the address that virt-dataplane console printed; it ends with a token.";

    /** Of every request, also of those without a token. */
    void checkOrigin(String method, Headers headers) {
        List<String> host = headers.getOrDefault("Host", List.of());
        if (host.size() != 1 || !hosts.contains(host.getFirst())) {
            throw new Refusal(Refusal.MISDIRECTED, "This console is not the host that was asked.");
        }
        String own = "http://" + host.getFirst();
        List<String> origin = headers.getOrDefault("Origin", List.of());
        boolean isOwn = origin.isEmpty() ? isSafe(method) : origin.equals(List.of(own));
        String site = headers.getFirst("Sec-Fetch-Site");
        if (!isOwn || site != null && !OWN_SITE.contains(site) && !isSafe(method)) {
            throw new Refusal(Refusal.FORBIDDEN, "Only the console's own pages may ask this.");
        }
    }

    void checkSession(Headers headers) {
        for (String line : headers.getOrDefault("Cookie", List.of())) {
            for (String pair : line.split(";", -1)) {
                String[] parts = pair.strip().split("=", 2);
                if (parts.length == 2 && parts[0].equals(cookie) && same(session, parts[1])) {
                    return;
                }
            }
        }
        throw new Refusal(Refusal.UNAUTHORIZED, NO_TOKEN);
    }

    private static boolean isSafe(String method) {
        return method.equals("GET") || method.equals("HEAD");
    }

    /** In a time that says nothing of where they differ. */
    private static boolean same(String known, String given) {
        return MessageDigest.isEqual(
                known.getBytes(StandardCharsets.UTF_8), given.getBytes(StandardCharsets.UTF_8));
    }

    private static String random() {
        byte[] bytes = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
