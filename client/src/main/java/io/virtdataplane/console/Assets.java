package io.virtdataplane.console;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * The files of the pages, from our jar. All but the first page are in a folder that is named by
 * what is in it: a browser keeps them, and asks again after an upgrade only.
 */
final class Assets {
    private static final int OK = 200;
    private static final String FOLDER = "web/";
    private static final String INDEX = "/index.html";
    private static final String COMPRESSED = ".gz";
    private static final Pattern KEPT = Pattern.compile("/[0-9a-f]{16}/.*");
    // No segment can be "..", and no name is outside the folder.
    private static final Pattern PATH =
            Pattern.compile("/(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+)+");
    private static final Map<String, String> TYPE_BY_ENDING =
            Map.of(
                    "html", "text/html; charset=utf-8",
                    "js", "text/javascript; charset=utf-8",
                    "css", "text/css; charset=utf-8",
                    "svg", "image/svg+xml",
                    "woff2", "font/woff2");

    private final Map<String, byte[]> contentByName =
            new ConcurrentHashMap<>(); // only those that exist

    void send(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestMethod().equals("GET")) {
            throw new Refusal(Refusal.NO_SUCH_METHOD, "Files of the pages can only be read.");
        }
        String path = exchange.getRequestURI().getPath();
        String name = path.equals("/") ? INDEX : path;
        String type = TYPE_BY_ENDING.get(name.substring(name.lastIndexOf('.') + 1));
        if (type == null || !PATH.matcher(name).matches()) {
            throw new Refusal(Refusal.NOT_FOUND, "No such page.");
        }
        Headers headers = exchange.getResponseHeaders();
        Optional<byte[]> compressed =
                takesGzip(exchange.getRequestHeaders())
                        ? content(name + COMPRESSED)
                        : Optional.empty();
        byte[] content =
                compressed
                        .or(() -> content(name))
                        .orElseThrow(() -> new Refusal(Refusal.NOT_FOUND, "No such page."));
        if (compressed.isPresent()) {
            headers.set("Content-Encoding", "gzip");
        }
        headers.set("Vary", "Accept-Encoding");
        headers.set("Content-Type", type);
        if (KEPT.matcher(name).matches()) {
            headers.set("Cache-Control", "public, max-age=31536000, immutable");
        }
        exchange.sendResponseHeaders(OK, content.length);
        exchange.getResponseBody().write(content);
    }

    private static boolean takesGzip(Headers request) {
        List<String> encodings = request.getOrDefault("Accept-Encoding", List.of());
        return encodings.stream().anyMatch(one -> one.matches(".*\\bgzip\\b(?!\\s*;\\s*q=0).*"));
    }

    private Optional<byte[]> content(String name) {
        return Optional.ofNullable(contentByName.computeIfAbsent(name, Assets::fromJar));
    }

    /** Null where there is none of this name. */
    private static byte[] fromJar(String name) {
        try (InputStream in = Assets.class.getResourceAsStream(FOLDER + name.substring(1))) {
            return in == null ? null : in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }
}
