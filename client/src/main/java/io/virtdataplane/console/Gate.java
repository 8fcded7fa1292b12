package io.virtdataplane.console;

import com.sun.net.httpserver.Headers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/**
 * Who may ask. The printed address ends with a token, behind #, which browsers send to nobody; the
 * page keeps it and sends it with each request. A cookie would be sent to every port of 127.0.0.1,
 * so to other users' servers. A request for another host is refused (a foreign name that resolves
 * to loopback), and one that another page makes.
 */
final class Gate {
    private static final int TOKEN_BYTES = 32;
    private static final Set<String> OWN_SITE = Set.of("same-origin", "none");

    private static final String SCHEME = "Bearer "; // RFC 6750

    private final String token = random();
    private final Set<String> hosts;

    Gate(int port) {
        hosts = Set.of("127.0.0.1:" + port, "localhost:" + port, "[::1]:" + port);
    }

    String token() {
        return token;
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

    /** Of each request that is not for a file of the pages. */
    void checkToken(Headers headers) {
        List<String> given = headers.getOrDefault("Authorization", List.of());
        boolean hasIt =
                given.size() == 1
                        && given.getFirst().startsWith(SCHEME)
                        && same(token, given.getFirst().substring(SCHEME.length()));
        if (!hasIt) {
            throw new Refusal(Refusal.UNAUTHORIZED, NO_TOKEN);
        }
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
