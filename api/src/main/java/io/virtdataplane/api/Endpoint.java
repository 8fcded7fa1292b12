package io.virtdataplane.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * Where the daemon listens unless told otherwise, and which version this is: known to both sides.
 */
public final class Endpoint {
    public static final String DEFAULT_SOCKET = "/run/virt-dataplane/virt-dataplane.sock";

    /**
     * Of the build, by Maven's resource filtering: it stands in the root pom.xml and nowhere else.
     */
    public static final String VERSION = version();

    private Endpoint() {}

    private static String version() {
        try (InputStream file = Endpoint.class.getResourceAsStream("version.properties")) {
            Properties properties = new Properties();
            properties.load(file);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException("read version.properties", e);
        }
    }
}
