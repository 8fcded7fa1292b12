package io.virtdataplane.console;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The files of the pages, from our jar. */
final class Assets {
    /**
     * @param type of its content, as in Content-Type
     */
    record Asset(String type, byte[] content) {}

    private static final String FOLDER = "web/";
    private static final String INDEX = "index.html";
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

    private Assets() {}

    /** Empty where there is none of this path. */
    static Optional<Asset> read(String path) {
        String name = path.equals("/") ? "/" + INDEX : path;
        String type = TYPE_BY_ENDING.get(name.substring(name.lastIndexOf('.') + 1));
        if (type == null || !PATH.matcher(name).matches()) {
            return Optional.empty();
        }
        try (InputStream in = Assets.class.getResourceAsStream(FOLDER + name.substring(1))) {
            return in == null ? Optional.empty() : Optional.of(new Asset(type, in.readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }
}
