package io.virtdataplane.console;

import com.sun.net.httpserver.Headers;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Who may ask. A token comes with each request, in a header that only the console's own pages set:
 * a cookie would be sent to every port of the host, so to other users' servers, and by browsers on
 * behalf of other pages. A request for another host is refused (a foreign name that resolves to
 * this address), and one that another page makes.
 */
final class Gate {
    private static final Set<String> OWN_SITE = Set.of("same-origin", "none");
    private static final String BEARER = "Bearer "; // RFC 6750

    private final String scheme;
    private final Predicate<String> isOwnHost;
    private final Sessions sessions;
    private final Refusal toStrangers;

    /**
     * @param scheme "http" or "https"
     * @param isOwnHost of a request's Host header
     * @param toStrangers what a request without an open session is told
     */
    Gate(String scheme, Predicate<String> isOwnHost, Sessions sessions, Refusal toStrangers) {
        this.scheme = scheme;
        this.isOwnHost = isOwnHost;
        this.sessions = sessions;
        this.toStrangers = toStrangers;
    }

    /**
     * On loopback without TLS. The printed address ends with the token behind #, which browsers
     * send to nobody; the page keeps it.
     */
    static Gate ofLoopback(int port, Sessions sessions) {
        return new Gate(
                "http",
                Set.of("127.0.0.1:" + port, "localhost:" + port, "[::1]:" + port)::contains,
                sessions,
                new Refusal(
                        Refusal.UNAUTHORIZED,
                        "Open the address that virt-dataplane console printed; it ends with a token."));
    }

    static Gate of(RemoteAccess remote) {
        return new Gate(
                "https",
                remote.certificate()::isFor,
                remote.login().sessions(),
                new Refusal(Refusal.UNAUTHORIZED, "password", "Log in with the password."));
    }

    /** Of every request, also of those without a token. */
    void checkOrigin(String method, Headers headers) {
        List<String> host = headers.getOrDefault("Host", List.of());
        if (host.size() != 1 || !isOwnHost.test(host.getFirst())) {
            throw new Refusal(Refusal.MISDIRECTED, "This console is not the host that was asked.");
        }
        String own = scheme + "://" + host.getFirst();
        List<String> origin = headers.getOrDefault("Origin", List.of());
        boolean isOwn = origin.isEmpty() ? isSafe(method) : origin.equals(List.of(own));
        String site = headers.getFirst("Sec-Fetch-Site");
        if (!isOwn || site != null && !OWN_SITE.contains(site) && !isSafe(method)) {
            throw new Refusal(Refusal.FORBIDDEN, "Only the console's own pages may ask this.");
        }
    }

    /** Of each request that is not for a file of the pages or a login. */
    void checkToken(Headers headers) {
        if (!sessions.use(token(headers))) {
            throw toStrangers;
        }
    }

    void end(Headers headers) {
        sessions.end(token(headers));
    }

    private static String token(Headers headers) {
        List<String> given = headers.getOrDefault("Authorization", List.of());
        boolean isOne = given.size() == 1 && given.getFirst().startsWith(BEARER);
        return isOne ? given.getFirst().substring(BEARER.length()) : "";
    }

    private static boolean isSafe(String method) {
        return method.equals("GET") || method.equals("HEAD");
    }
}
