package io.virtdataplane.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A slowed download that a test has going on while it does something else. */
final class Download {
    private static final int FIRST_BYTE_SECONDS = 20;
    private final String url;
    private final Path target;
    private final Process curl;

    /**
     * Bytes have come when this returns.
     *
     * @param rate bytes a second, as curl takes it
     */
    Download(Lab lab, String namespace, String url, String rate) {
        this.url = url;
        target = lab.shell.directory().resolve("download");
        curl =
                lab.startIn(
                        namespace,
                        "curl",
                        "-sS",
                        "--limit-rate",
                        rate,
                        "-o",
                        target.toString(),
                        url);
        Wait.until(
                "the first byte of " + url,
                FIRST_BYTE_SECONDS,
                () -> "bytes=" + target.toFile().length() + " curl=" + curl,
                seen -> target.toFile().length() > 0);
    }

    void assertEndsWhole(long bytes) throws IOException {
        assertThat(curl.onExit().join().exitValue()).as("curl " + url).isZero();
        assertThat(Files.size(target)).isEqualTo(bytes);
    }
}
